/**
 * `npm test`: fetches the small real parts, runs the suites with vitest, then the golden vectors when they are there, names what was skipped, and ends
 * with `N passed, N failed, N skipped`. Exits 1 when anything failed.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findPart, realParts } from "../tests/support/real-parts.ts";
import { runConformance } from "./conformance.ts";
import { fetchParts } from "./fetch-parts.ts";
import { root, runCommand } from "./run-command.ts";
import type { Totals } from "./totals.ts";
import { add, totalsLine } from "./totals.ts";

interface Assertion {
  readonly status: string;
  readonly fullName: string;
  /** Of all tries. */
  readonly failureMessages: readonly string[];
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly Assertion[];
  }[];
}

const reportFile = join(root, ".cache/vitest.json");
const skips: string[] = [];
const repeats: string[] = [];

async function runVitest(): Promise<Totals> {
  const { code } = await runCommand("vitest", ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`], {
    output: "show",
  });
  const report = JSON.parse(readFileSync(reportFile, "utf8")) as VitestReport;
  for (const { status, fullName, failureMessages } of report.testResults.flatMap(({ assertionResults }) => assertionResults)) {
    if (status === "skipped" || status === "pending") skips.push(fullName);
    if (status === "passed" && failureMessages.length > 0) repeats.push(fullName);
  }
  // A file that fails to load has no test to count.
  const broken = report.testResults.filter(({ status, assertionResults }) => status === "failed" && assertionResults.length === 0).length;
  const failed = report.numFailedTests + broken;
  return { passed: report.numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed, skipped: report.numPendingTests };
}

mkdirSync(join(root, ".cache"), { recursive: true });
await fetchParts({ large: false });
const suites = await runVitest();
const conformance = await runConformance();
for (const name of repeats) console.log(`passed at the second try: ${name}`);
for (const name of skips) console.log(`skipped: ${name}`);
for (const { name, tests } of realParts) {
  if (findPart(name) === undefined) console.log(`not there: ${name}, so not tested: ${tests} (npm run setup:real)`);
}
const line = totalsLine(add(suites, conformance));
writeFileSync(join(root, ".cache/totals.txt"), `${line}\n`);
console.log(line);
process.exitCode = add(suites, conformance).failed === 0 ? 0 : 1;
