/** `npm run setup:real`: installs all real parts. Needs root and apt for those that are packages of the system; says what it could not do. */
import { findPart, realParts } from "../tests/support/real-parts.ts";
import { fetchParts } from "./fetch-parts.ts";
import { runCommand } from "./run-command.ts";

const packages = realParts.flatMap(({ name, supply }) =>
  (supply.kind === "debian" || supply.kind === "preload") && findPart(name) === undefined ? [supply.package] : [],
);
if (packages.length > 0) {
  await runCommand("apt-get", ["update"], { output: "collect" });
  const { code, output } = await runCommand("apt-get", ["install", "-y", "--no-install-recommends", ...packages], {
    output: "collect",
    env: { DEBIAN_FRONTEND: "noninteractive" },
  });
  if (code !== 0) console.error(`apt-get install ${packages.join(" ")} failed:\n${output}`);
}
await fetchParts({ large: true });
for (const { name, tests } of realParts) {
  const path = findPart(name);
  console.log(path === undefined ? `missing: ${name} (tests: ${tests})` : `found: ${name}`);
}
process.exitCode = realParts.every(({ name }) => findPart(name) !== undefined) ? 0 : 1;
