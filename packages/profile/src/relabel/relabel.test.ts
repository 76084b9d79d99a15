import { describe, expect, it } from "vitest";
import { Labels } from "../labels/labels.ts";
import { compileRules, type CompileRulesOptions } from "./compile-rules.ts";
import { RelabelCache } from "./relabel-cache.ts";
import { type RelabelRule, relabelRule } from "./rule.ts";
import { validateRule } from "./validate.ts";

type Rule = Partial<RelabelRule>;

/** What the rules make of the labels; null when they drop them. */
function relabel(
  labels: Readonly<Record<string, string>>,
  rules: readonly Rule[],
  options?: CompileRulesOptions,
): Readonly<Record<string, string>> | null {
  return compileRules(rules.map(relabelRule), options).apply(Labels.of(labels))?.toRecord() ?? null;
}

describe("compileRules", () => {
  const labels = { __name__: "cpu", env: "prod", region: "us-east-1" };

  it.each<[string, Rule[], Record<string, string> | null]>([
    ["copies with the defaults", [{ source_labels: ["env"], target_label: "e" }], { ...labels, e: "prod" }],
    ["sets a constant", [{ target_label: "team", replacement: "core" }], { ...labels, team: "core" }],
    ["deletes by an empty replacement", [{ target_label: "env", replacement: "" }], { __name__: "cpu", region: "us-east-1" }],
    ["does nothing without a match", [{ source_labels: ["env"], regex: "dev", target_label: "e" }], labels],
    [
      "uses groups",
      [{ source_labels: ["region"], regex: "(.+)-(?P<d>.+)-(\\d)", target_label: "z", replacement: "${d}/$1#$3$$$9" }],
      { ...labels, z: "east/us#1$" },
    ],
    ["takes a name as long as it can be", [{ source_labels: ["env"], target_label: "e", replacement: "$1x" }], labels],
    [
      "joins sources",
      [{ source_labels: ["env", "nope", "region"], separator: "/", target_label: "e" }],
      { ...labels, e: "prod//us-east-1" },
    ],
    ["names the target by a group", [{ source_labels: ["env"], target_label: "x_${1}_y", replacement: "1" }], { ...labels, x_prod_y: "1" }],
    ["leaves out a target that is no name", [{ source_labels: ["region"], target_label: "x_$1", replacement: "1" }], labels],
    ["keeps a match", [{ action: "keep", source_labels: ["env"], regex: "prod|dev" }], labels],
    ["drops what does not match", [{ action: "keep", source_labels: ["env"], regex: "pro" }], null],
    ["drops a match", [{ action: "drop", source_labels: ["env"], regex: "p.*" }], null],
    ["keeps what does not match drop", [{ action: "drop", source_labels: ["env"], regex: "" }], labels],
    ["keepequal", [{ action: "keepequal", source_labels: ["env"], target_label: "region" }], null],
    ["dropequal of two missing labels", [{ action: "dropequal", source_labels: ["a"], target_label: "b" }], null],
    ["dropequal", [{ action: "dropequal", source_labels: ["env"], target_label: "region" }], labels],
    ["hashmod", [{ action: "hashmod", source_labels: ["env"], modulus: 8n, target_label: "shard" }], { ...labels, shard: "7" }],
    ["maps names", [{ action: "labelmap", regex: "(e|r)(.+)", replacement: "${1}_$2" }], { ...labels, e_nv: "prod", r_egion: "us-east-1" }],
    ["maps several names to one", [{ action: "labelmap", regex: "env|region", replacement: "z" }], { ...labels, z: "us-east-1" }],
    ["maps nothing to an empty name", [{ action: "labelmap", regex: "env", replacement: "$1" }], labels],
    ["labeldrop", [{ action: "labeldrop", regex: "env|__.*" }], { region: "us-east-1" }],
    ["labelkeep", [{ action: "labelkeep", regex: "env" }], { env: "prod" }],
    ["drops a set without labels left", [{ action: "labeldrop", regex: ".*" }], null],
    [
      "lowercase of nothing deletes",
      [{ action: "lowercase", source_labels: ["nope"], target_label: "env" }],
      { __name__: "cpu", region: "us-east-1" },
    ],
    ["uppercase", [{ action: "uppercase", source_labels: ["env"], target_label: "env" }], { ...labels, env: "PROD" }],
    [
      "goes on with what earlier rules made",
      [
        { target_label: "t", replacement: "v" },
        { source_labels: ["t"], target_label: "u", replacement: "<$1>" },
      ],
      { ...labels, t: "v", u: "<v>" },
    ],
    [
      "ends at the first drop",
      [
        { action: "drop", regex: "" },
        { target_label: "t", replacement: "v" },
      ],
      null,
    ],
  ])("%s", (_, rules, expected) => expect(relabel(labels, rules)).toEqual(expected));

  it("gives the very same object when nothing changes", () => {
    const set = Labels.of(labels);
    expect(compileRules([]).apply(set)).toBe(set);
    expect(compileRules([relabelRule({ action: "keep", source_labels: ["env"] })]).apply(set)).toBe(set);
  });

  it("applies rules to an empty set", () => {
    expect(relabel({}, [{ target_label: "a", replacement: "b" }])).toEqual({ a: "b" });
    expect(relabel({}, [{ action: "labeldrop", regex: ".*" }])).toEqual({});
    expect(relabel({}, [{ action: "keep", regex: ".+" }])).toBeNull();
  });

  it("takes any target name where that is wanted", () => {
    const rule = { source_labels: ["v"], target_label: "x_$1", replacement: "1" };
    expect(relabel({ v: "é\n" }, [rule], { targetNames: "any" })).toEqual({ v: "é\n", "x_é\n": "1" });
    expect(relabel({ v: "\udcff" }, [rule], { targetNames: "any" })).toEqual({ v: "\udcff" });
    expect(relabel({ v: "" }, [{ ...rule, target_label: "$1" }], { targetNames: "any" })).toEqual({});
  });

  it("changes case by single characters, as Go does", () => {
    const change = (action: string, v: string): string | undefined =>
      relabel({ v }, [{ action, source_labels: ["v"], target_label: "t" }])?.["t"];
    expect(change("lowercase", "ǅ İı ß ΣΟΦΟΣ ÀÉ")).toBe("ǆ iı ß σοφοσ àé");
    expect(change("uppercase", "ß ŉ ﬁ ᾳ ᾀ ᾈ 𐐨 àé")).toBe("ß ŉ ﬁ ᾼ ᾈ ᾈ 𐐀 ÀÉ");
  });

  it("refuses rules that were not validated", () => {
    expect(() => compileRules([relabelRule({ action: "nope" })])).toThrow('unrecognized action type "nope"');
    expect(() => compileRules([relabelRule({ regex: "(" })])).toThrow("missing closing )");
  });
});

describe("validateRule", () => {
  it.each<[Rule, string]>([
    [{ action: "Keep" }, 'unrecognized action type "Keep"'],
    [{ action: "hashmod" }, "relabel configuration for hashmod requires non-zero modulus"],
    [{ action: "hashmod", modulus: 8n }, "relabel configuration for hashmod action requires 'target_label' value"],
    [{ source_labels: ["a"] }, "relabel configuration for replace action requires 'target_label' value"],
    [{ action: "keepequal" }, "relabel configuration for keepequal action requires 'target_label' value"],
    [{ action: "lowercase" }, "relabel configuration for lowercase action requires 'target_label' value"],
    [{ target_label: "\udcff" }, "\"\\xff\" is invalid 'target_label' for replace action"],
    [{ action: "lowercase", target_label: "a", replacement: "x" }, "'replacement' can not be set for lowercase action"],
    [{ action: "labelmap", replacement: "a-$1" }, "\"a-$1\" is invalid 'replacement' for labelmap action"],
    [{ action: "labeldrop", source_labels: ["a"] }, "labeldrop action requires only 'regex', and no other fields"],
    [{ action: "labelkeep", modulus: 1n }, "labelkeep action requires only 'regex', and no other fields"],
    [
      { action: "dropequal", target_label: "a", regex: "x" },
      "dropequal action requires only 'source_labels' and 'target_label', and no other fields",
    ],
    [{ action: "drop", regex: "(?!a)b" }, "error parsing regexp: invalid or unsupported Perl syntax: `(?!`"],
  ])("refuses %o", (rule, problem) => expect(validateRule(relabelRule(rule))).toBe(problem));

  it.each<Rule>([
    { target_label: "a_$1" },
    { target_label: "${1}_x" },
    { target_label: "$name${2}b" },
    { target_label: "a-b" },
    { target_label: "é" },
    { action: "uppercase", target_label: "$1" },
    { action: "keep" },
    { action: "labelmap", replacement: "k8s_$1" },
    { action: "labeldrop", regex: "a" },
    { action: "keepequal", source_labels: ["a"], target_label: "b" },
    { action: "hashmod", modulus: 2n, target_label: "__tmp" },
  ])("accepts %o", (rule) => expect(validateRule(relabelRule(rule))).toBeUndefined());

  it("takes no time for hostile templates", () => {
    const rule = relabelRule({ action: "labelmap", replacement: `${"$aaaaaaaaa".repeat(2_000)}-` });
    expect(validateRule(rule)).toMatch(/is invalid 'replacement'/);
  });
});

describe("RelabelCache", () => {
  const dropDev = compileRules([relabelRule({ action: "drop", source_labels: ["env"], regex: "dev" })]);
  const env = (value: string): Labels => Labels.of({ env: value });

  it("remembers results, drops among them", () => {
    const cache = new RelabelCache(dropDev, 10);
    const results = ["prod", "dev", "prod", "dev", "stage"].map((value) => cache.apply(env(value))?.get("env"));
    expect(results).toEqual(["prod", undefined, "prod", undefined, "stage"]);
    expect([cache.hits, cache.misses, cache.size]).toEqual([2, 3, 3]);
  });

  it("gives equal sets the same result", () => {
    const cache = new RelabelCache(compileRules([relabelRule({ target_label: "a", replacement: "b" })]), 10);
    expect(cache.apply(env("x"))).toBe(cache.apply(env("x")));
  });

  it("forgets the set not used for longest", () => {
    const cache = new RelabelCache(dropDev, 2);
    for (const value of ["a", "dev", "a", "c", "a"]) cache.apply(env(value));
    expect([cache.hits, cache.misses, cache.size]).toEqual([2, 3, 2]);
    cache.apply(env("dev"));
    expect(cache.misses).toBe(4);
  });

  it("does not remember sets of enormous size", () => {
    const cache = new RelabelCache(dropDev, 10);
    const results = [env("x".repeat(100_000)), env("x".repeat(100_000))].map((labels) => cache.apply(labels)?.size);
    expect(results).toEqual([1, 1]);
    expect([cache.hits, cache.misses, cache.size]).toEqual([0, 2, 0]);
  });

  it("shrinks, and forgets everything for other rules", () => {
    const cache = new RelabelCache(dropDev, 3);
    for (const value of ["a", "b", "c"]) cache.apply(env(value));
    cache.resize(1);
    expect(cache.size).toBe(1);
    cache.replaceRules(compileRules([relabelRule({ target_label: "env", replacement: "x" })]));
    expect(cache.size).toBe(0);
    expect(cache.apply(env("c"))?.get("env")).toBe("x");
  });
});
