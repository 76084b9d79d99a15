/** Rules beside Prometheus' own engine, on random rule sets. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileRules, Labels, regexProblem, type RelabelRule, relabelRule } from "@flameline/profile";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildGo } from "../../bench/go-tools.ts";
import { root, runCommand } from "../../tools/run-command.ts";
import { findPart } from "../support/real-parts.ts";

interface Case {
  readonly rules: readonly RelabelRule[];
  readonly labels: Readonly<Record<string, string>>;
  /** Rules may make up names like `[a-zA-Z_][a-zA-Z0-9_]*` only. */
  readonly legacy: boolean;
}

const names = ["a", "b", "ab", "env", "pod_name", "__name__", "__meta_x_y", "x.y", "é"];
const values = [
  "",
  "a",
  "ab",
  "prod",
  "us-east-1",
  "10.0.0.1:8080",
  "a;b",
  "line\nbreak",
  "Straße",
  "ΣΊΣΥΦΟΣ ς",
  "ǅ İı ﬁ",
  "🔥x",
  "42",
  "aaaaaaaa",
  "$1",
];

const name = fc.constantFrom(...names);
const value = fc.oneof(fc.constantFrom(...values), fc.string({ maxLength: 12 }), fc.string({ unit: "binary", maxLength: 6 }));

const { regex } = fc.letrec<{ regex: string; piece: string }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom(
      "a",
      "b",
      "x",
      ".",
      "\\d",
      "\\w",
      "[a-c]",
      "[^;]",
      "-",
      ";",
      "\\.",
      "é",
      "\\pL",
      "(?i)A",
      "[[:alpha:]]",
      "\\s",
      "^",
      "$",
      "\\b",
    ),
    fc
      .tuple(fc.constantFrom("(", "(?:", "(?P<n>"), tie("regex"), fc.constantFrom(")", ")?", ")*", "){1,2}"))
      .map((parts) => parts.join("")),
    fc
      .tuple(fc.constantFrom("a", ".", "[a-z]", "\\S", "\\d"), fc.constantFrom("*", "+", "?", "*?", "+?", "{2}", "{1,3}"))
      .map((parts) => parts.join("")),
  ),
  regex: fc.oneof(
    { maxDepth: 2 },
    fc.array(tie("piece"), { maxLength: 4 }).map((parts) => parts.join("")),
    fc.tuple(tie("piece"), tie("piece")).map((parts) => parts.join("|")),
  ),
}));
const usual = fc.constantFrom(
  "(.*)",
  "(.+)",
  "(.+)-(.+)",
  "prod|dev",
  "__meta_(.+)",
  "([^:]+)(?::\\d+)?",
  "(?P<n>.*)[-;](.*)",
  "a.*",
  "",
  "(a|ab)(c|bcd)?(d*)",
);
/** Two groups with one name are no regular expression. */
const anyRegex = fc.oneof(usual, regex).filter((text) => regexProblem(text) === undefined);

const replacement = fc.constantFrom("$1", "${1}", "$2-$1", "x", "", "${n}", "$n", "$$", "$1x", "${1}x", "$0", "é$1");
const target = fc.constantFrom("a", "new", "ab", "t_$1", "${1}", "${1}_$2", "x.y", "é");
const sources = fc.array(name, { maxLength: 3 });

const rule: fc.Arbitrary<RelabelRule> = fc
  .oneof(
    fc.record({
      action: fc.constant("replace"),
      source_labels: sources,
      separator: fc.constantFrom(";", "", "/"),
      regex: anyRegex,
      target_label: target,
      replacement,
    }),
    fc.record({ action: fc.constantFrom("keep", "drop"), source_labels: sources, separator: fc.constantFrom(";", ""), regex: anyRegex }),
    fc.record({ action: fc.constantFrom("keepequal", "dropequal"), source_labels: sources, target_label: name }),
    fc.record({ action: fc.constantFrom("lowercase", "uppercase"), source_labels: sources, target_label: fc.constantFrom("a", "new") }),
    fc.record({
      action: fc.constant("hashmod"),
      source_labels: sources,
      target_label: fc.constantFrom("a", "new"),
      modulus: fc.bigInt({ min: 1n, max: 2n ** 53n }),
    }),
    fc.record({ action: fc.constantFrom("labeldrop", "labelkeep"), regex: anyRegex }),
    // An empty name is skipped here on purpose, see the guide.
    fc.record({ action: fc.constant("labelmap"), regex: anyRegex, replacement: fc.constantFrom("m_$1", "x${n}", "a", "${1}_") }),
  )
  .map((one) => relabelRule(one as Partial<RelabelRule>));

const cases: fc.Arbitrary<Case> = fc.record({
  rules: fc.array(rule, { minLength: 1, maxLength: 5 }),
  labels: fc.dictionary(name, value, { maxKeys: 7, noNullPrototype: true }),
  legacy: fc.boolean(),
});

const oracle =
  findPart("go") === undefined ? undefined : await buildGo("yardsticks", join(root, "bench/yardsticks")).catch(() => undefined);

describe.skipIf(oracle === undefined)("relabelling beside Prometheus (needs go and its modules)", () => {
  it("agrees on 10,000 random rule sets", { timeout: 180_000 }, async () => {
    const seed = Date.now() | 0;
    const list = fc.sample(cases, { numRuns: 10_000, seed });
    const expected = await prometheusResults(list);
    let changed = 0;
    for (const [index, one] of list.entries()) {
      const { rules, labels, legacy } = one;
      const before = Labels.of(labels);
      const result = compileRules(rules, { targetNames: legacy ? "classic" : "any", keepEmpty: true }).apply(before);
      expect(result?.toRecord() ?? null, `seed ${seed}, case ${index}: ${describeCase(one)}`).toEqual(expected[index]);
      if (result !== before) changed += 1;
    }
    expect(changed).toBeGreaterThan(4000);
  });
});

async function prometheusResults(list: readonly Case[]): Promise<readonly (Readonly<Record<string, string>> | null)[]> {
  const folder = mkdtempSync(join(tmpdir(), "relabel-"));
  try {
    const file = join(folder, "cases.json");
    writeFileSync(file, describeCase(list));
    const { code, output } = await runCommand(oracle ?? "", ["results", file]);
    if (code !== 0) throw new Error(output);
    return JSON.parse(output) as readonly (Readonly<Record<string, string>> | null)[];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function describeCase(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === "bigint" ? Number(member) : member));
}
