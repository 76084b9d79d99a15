/** `npm run gen` writes the generated files; `--check` says which of them are stale and exits 1. */
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { findComponents, registryFile, registryText } from "./gen-registry.ts";
import { referenceFolder, referencePages } from "./gen-reference.ts";
import { root } from "./run-command.ts";

const found = await findComponents();
const files = new Map([[registryFile, registryText(found)], ...referencePages(found)]);
const stray = globSync(`${referenceFolder}/**/*.md`, { cwd: root }).filter((file) => !files.has(file.split(sep).join("/")));

const check = process.argv.includes("--check");
const stale = [...files].filter(([file, text]) => !existsSync(join(root, file)) || readFileSync(join(root, file), "utf8") !== text);
for (const file of [...stale.map(([name]) => name), ...stray]) console.log(`${check ? "stale" : "written"}: ${file}`);
if (!check) {
  for (const [file, text] of stale) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  for (const file of stray) rmSync(join(root, file));
}
process.exitCode = check && stale.length + stray.length > 0 ? 1 : 0;
