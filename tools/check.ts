/** `npm run check`: everything that must hold besides the tests, in under a minute. Exits 1 when one step fails. */
import { findViolations } from "./check-imports.ts";
import { runCommand } from "./run-command.ts";

interface Step {
  readonly name: string;
  run(): Promise<{ readonly ok: boolean; readonly output: string }>;
}

function command(name: string, file: string, args: readonly string[]): Step {
  return {
    name,
    run: async () => {
      const { code, output } = await runCommand(file, args);
      return { ok: code === 0, output };
    },
  };
}

const imports: Step = {
  name: "import rules",
  run: () => {
    const violations = findViolations();
    return Promise.resolve({
      ok: violations.length === 0,
      output: violations.map(({ file, message }) => `${file}: ${message}\n`).join(""),
    });
  },
};

const steps: readonly Step[] = [
  command("generated files", "node", ["tools/gen.ts", "--check"]),
  command("format", "oxfmt", ["--check", "."]),
  command("lint", "oxlint", []),
  command("types", "tsc", ["-p", "."]),
  command("types of syntax (browser)", "tsc", ["-p", "packages/syntax"]),
  command("types of profile (browser)", "tsc", ["-p", "packages/profile"]),
  imports,
  command("dead code", "knip", ["--no-progress"]),
];

let failed = 0;
for (const step of steps) {
  const begin = performance.now();
  const { ok, output } = await step.run();
  console.log(`${ok ? "ok  " : "FAIL"} ${step.name} (${((performance.now() - begin) / 1000).toFixed(1)} s)`);
  if (!ok) {
    failed += 1;
    console.log(output.trimEnd());
  }
}
process.exitCode = failed === 0 ? 0 : 1;
