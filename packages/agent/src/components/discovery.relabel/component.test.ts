import { describe, expect, it } from "vitest";
import type { Target } from "../../component/target.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { discoveryRelabel } from "./component.ts";

type Exports = { readonly output: readonly Target[]; readonly rules: readonly unknown[] };

const labels = ({ exports }: RunningComponent) => (exports as Exports).output.map((target) => target.labels.toRecord());

describe("discovery.relabel", () => {
  it("relabels in order, keeps repeated targets and leaves dropped ones out", async () => {
    await using running = await RunningComponent.start(
      discoveryRelabel,
      `targets = [{ a = "1" }, { a = "2" }, { a = "drop" }, { a = "1" }]
      rule {
        source_labels = ["a"]
        regex         = "drop"
        action        = "drop"
      }
      rule {
        source_labels = ["a"]
        target_label  = "b"
        replacement   = "<$1>"
      }
      rule {
        regex  = "a"
        action = "labeldrop"
      }`,
    );
    expect(labels(running)).toEqual([{ b: "<1>" }, { b: "<2>" }, { b: "<1>" }]);
    expect((running.exports as Exports).rules).toHaveLength(3);
  });

  it("passes targets on without rules, and follows updates at once", async () => {
    await using running = await RunningComponent.start(discoveryRelabel, `targets = [{ a = "é" }]`);
    expect(labels(running)).toEqual([{ a: "é" }]);
    await running.update(`targets = []`);
    expect(labels(running)).toEqual([]);
  });

  it("takes any name for a label", async () => {
    await using running = await RunningComponent.start(
      discoveryRelabel,
      `targets = [{ a = "x y" }]
      rule {
        source_labels = ["a"]
        target_label  = "a-b"
      }
      rule {
        source_labels = ["a"]
        target_label  = "$1"
        replacement   = "1"
      }`,
    );
    expect(labels(running)).toEqual([{ a: "x y", "a-b": "x y", "x y": "1" }]);
  });

  it.each([
    [`action = "nope"`, 'unrecognized action type "nope"'],
    [`action = "hashmod"\ntarget_label = "x"`, "relabel configuration for hashmod requires non-zero modulus"],
    [`source_labels = ["a"]`, "relabel configuration for replace action requires 'target_label' value"],
    [`action = "labelmap"\nreplacement = "a-b"`, `"a-b" is invalid 'replacement' for labelmap action`],
    [`action = "labeldrop"\ntarget_label = "a"`, "labeldrop action requires only 'regex', and no other fields"],
    [`action = "drop"\nregex = "(?!a)b"`, "error parsing regexp: invalid or unsupported Perl syntax: `(?!`"],
  ])("refuses the rule %j", async (rule, problem) => {
    await expect(RunningComponent.start(discoveryRelabel, `targets = []\nrule {\n${rule}\n}`)).rejects.toThrow(problem);
  });
});
