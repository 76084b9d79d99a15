/** `npm run setup:real`: installs the real parts that come from the system's packages. Needs root and apt; says what it could not do. */
import { findPart, realParts } from "../tests/support/real-parts.ts";
import { fetchParts } from "./fetch-parts.ts";
import { runCommand } from "./run-command.ts";

const missing = realParts.filter(({ name, debian }) => debian !== undefined && findPart(name) === undefined);
if (missing.length > 0) {
  const packages = missing.map(({ debian }) => debian ?? "");
  await runCommand("apt-get", ["update"], { output: "collect" });
  const { code, output } = await runCommand("apt-get", ["install", "-y", "--no-install-recommends", ...packages], {
    output: "collect",
    env: { DEBIAN_FRONTEND: "noninteractive" },
  });
  if (code !== 0) console.error(`apt-get install ${packages.join(" ")} failed:\n${output}`);
}
await fetchParts();
for (const { name, tests } of realParts) {
  const path = findPart(name);
  console.log(path === undefined ? `missing: ${name} (tests: ${tests})` : `found: ${name}`);
}
process.exitCode = realParts.every(({ name }) => findPart(name) !== undefined) ? 0 : 1;
