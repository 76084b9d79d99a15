import { mkdirSync } from "node:fs";
import { findPart, partsFolder, realParts } from "../tests/support/real-parts.ts";
import { runCommand } from "./run-command.ts";

/** Fetches the small real parts into the cache. Without a network they stay away and their tests are skipped by name. */
export async function fetchParts(): Promise<void> {
  const packages = realParts.flatMap(({ name, npm }) => (npm !== undefined && findPart(name) === undefined ? [npm] : []));
  if (packages.length === 0) return;
  mkdirSync(partsFolder, { recursive: true });
  const { code, output } = await runCommand("npm", [
    "install",
    "--prefix",
    partsFolder,
    "--no-save",
    "--no-audit",
    "--no-fund",
    ...packages,
  ]);
  if (code !== 0) console.log(`could not fetch ${packages.join(" ")}: ${output.trim().split("\n").at(-1) ?? ""}`);
}
