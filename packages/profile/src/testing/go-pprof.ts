import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether Go's tools are installed. */
export const hasGo: boolean = canRun("go", ["version"]);

function canRun(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** What `go tool pprof -raw` says about profiles, added up, less the `base` when there is one; throws when it refuses one of them. */
export function goPprofRaw(profile: Uint8Array | readonly Uint8Array[], base?: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), "flameline-pprof-"));
  try {
    const write = (name: string, content: Uint8Array): string => {
      const file = join(folder, name);
      writeFileSync(file, content);
      return file;
    };
    const files = (profile instanceof Uint8Array ? [profile] : profile).map((one, index) => write(`profile${index}`, one));
    const flags = base === undefined ? [] : ["-diff_base", write("base", base)];
    const env = { ...process.env, TZ: "UTC" };
    return execFileSync("go", ["tool", "pprof", "-raw", ...flags, ...files], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      env,
      maxBuffer: 1 << 28,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The wanted columns of that text summed by stack and labels, without what sums up to zeros. */
export function rawSums(raw: string, columns: readonly number[]): ReadonlyMap<string, readonly bigint[]> {
  const [head = "", rest = ""] = raw.split("\nLocations\n");
  const frames = new Map<string, string>();
  for (const [, id = "", text = ""] of (rest.split("\nMappings")[0] ?? "").matchAll(/^ *(\d+): (.*(?:\n {10,}.*)*)/gm)) {
    // The numbers of mappings differ from profile to profile.
    frames.set(id, text.replace(/ M=\d+/, ""));
  }
  const sums = new Map<string, readonly bigint[]>();
  for (const [, values = "", ids = "", labels = ""] of head.matchAll(/^ +(-?\d[-\d ]*):((?: \d+)*) *((?:\n {16}\S.*)*)/gm)) {
    const all = values.trim().split(/ +/);
    const stack = ids
      .trim()
      .split(" ")
      .map((id) => frames.get(id));
    const key = [...stack, ...labels.split("\n").filter((line) => !line.includes("pprof::base"))].join("\n");
    const old = sums.get(key);
    sums.set(
      key,
      columns.map((column, index) => BigInt(all[column] ?? 0) + (old?.[index] ?? 0n)),
    );
  }
  return new Map([...sums].filter(([, list]) => list.some((value) => value !== 0n)));
}
