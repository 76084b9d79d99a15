import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, runCommand } from "./run-command.ts";

/** Before the tests: a package that was built earlier would be run instead of the sources, so it is built anew. Nothing is built where there is none. */
export async function setup(): Promise<void> {
  if (!existsSync(join(root, "packages/agent/dist/main.js"))) return;
  const { code, output } = await runCommand("npm", ["run", "build", "--workspace", "flameline"]);
  if (code !== 0) throw new Error(`the build failed:\n${output}`);
}
