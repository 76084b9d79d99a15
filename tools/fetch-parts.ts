import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RealPart, Supply } from "../tests/support/real-parts.ts";
import { findPart, goProgram, partsFolder, pythonOfParts, realParts, sourcesDigest } from "../tests/support/real-parts.ts";
import { root, runCommand } from "./run-command.ts";

/** Names the plugin, so that its version is fixed too. */
const mavenCopy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";

/**
 * Fetches the real parts that are no packages of the system into the cache; the large ones only when asked for. What cannot be fetched, for want of a
 * network or of the tool that fetches it, is said; its tests are skipped by name.
 */
export async function fetchParts({ large }: { readonly large: boolean }): Promise<void> {
  mkdirSync(partsFolder, { recursive: true });
  const missing = realParts.filter((part) => (large || part.large !== true) && findPart(part.name) === undefined);
  if (missing.some(({ supply }) => supply.kind === "npm")) await fetchNpm();
  for (const { name, supply } of missing) {
    if (supply.kind === "pypi") await fetchPypi(name, supply);
    if (supply.kind === "go") await buildGo(name, supply);
    if (supply.kind === "maven") await fetchMaven(supply);
  }
  // Go builds this tool when it is first used, which takes longer than a test may.
  if (findPart("go") !== undefined) await runCommand("go", ["tool", "pprof", "-h"]);
}

/** All at once: npm removes what it was not told of. */
async function fetchNpm(): Promise<void> {
  const packages = realParts.flatMap(({ name, supply }: RealPart) => (supply.kind === "npm" ? [`${name}@${supply.version}`] : []));
  await fetch("npm", ["install", "--prefix", partsFolder, "--no-save", "--no-audit", "--no-fund", ...packages]);
}

async function fetchPypi(name: string, { version }: Supply & { kind: "pypi" }): Promise<void> {
  if (findPart("python3") === undefined) return;
  await fetch("python3", ["-m", "venv", join(partsFolder, "python")]);
  await fetch(pythonOfParts, ["-m", "pip", "install", "--quiet", "--only-binary=:all:", `${name}==${version}`]);
}

async function buildGo(name: string, { folder }: Supply & { kind: "go" }): Promise<void> {
  if (findPart("go") === undefined) return;
  const { program, digest } = goProgram(name);
  // Writable, so that the cache can be removed like any folder.
  const GOFLAGS = `${process.env["GOFLAGS"] ?? ""} -modcacherw`.trim();
  const built = await fetch("go", ["build", "-o", program, "."], {
    cwd: join(root, folder),
    env: { GOFLAGS, GOMODCACHE: join(partsFolder, "go/modules") },
  });
  if (built) writeFileSync(digest, sourcesDigest(folder));
}

async function fetchMaven({ coordinates, version }: Supply & { kind: "maven" }): Promise<void> {
  if (findPart("mvn") === undefined) return;
  const folder = join(partsFolder, "maven");
  const repository = `-Dmaven.repo.local=${join(folder, "repository")}`;
  await fetch("mvn", ["-q", "-B", repository, mavenCopy, `-Dartifact=${coordinates}:${version}`, `-DoutputDirectory=${folder}`]);
}

async function fetch(command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<boolean> {
  const { code, output } = await runCommand(command, args, options);
  if (code !== 0) console.log(`${command} ${args.join(" ")} failed: ${output.trim().split("\n").at(-1) ?? ""}`);
  return code === 0;
}
