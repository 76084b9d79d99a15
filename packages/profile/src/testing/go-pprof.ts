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

/** What `go tool pprof -raw` says about a profile; throws when it refuses it. */
export function goPprofRaw(profile: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), "flameline-pprof-"));
  try {
    const file = join(folder, "profile");
    writeFileSync(file, profile);
    const env = { ...process.env, TZ: "UTC" };
    return execFileSync("go", ["tool", "pprof", "-raw", file], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      env,
      maxBuffer: 1 << 28,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
