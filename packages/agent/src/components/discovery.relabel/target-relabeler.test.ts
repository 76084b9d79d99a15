import { defaultRelabelRule, Labels, type RelabelRule } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import { Target } from "../../component/target.ts";
import { TargetRelabeler } from "./target-relabeler.ts";

const rules: readonly RelabelRule[] = [
  { ...defaultRelabelRule, action: "drop", source_labels: ["a"], regex: "9" },
  { ...defaultRelabelRule, source_labels: ["a"], target_label: "b" },
];
const listOf = (...values: readonly string[]) => values.map((a) => Target.of({ a }));

describe("TargetRelabeler", () => {
  it("gives the same objects for targets that were relabelled before, and works on the others", () => {
    const relabeler = new TargetRelabeler();
    const [one, two, three] = listOf("1", "2", "3") as [Target, Target, Target];
    const first = relabeler.relabel([one, two], rules);
    const second = relabeler.relabel([three, two, one], rules);
    expect(second.map(({ labels }) => labels.get("b"))).toEqual(["3", "2", "1"]);
    expect([second[2], second[1]]).toEqual([first[0], first[1]]);
    expect(second[2]).toBe(first[0]);
    expect(second[1]).toBe(first[1]);
  });

  it("remembers what was dropped, and forgets all with other rules", () => {
    const relabeler = new TargetRelabeler();
    const targets = listOf("9", "1");
    expect(relabeler.relabel(targets, rules)).toHaveLength(1);
    expect(relabeler.relabel(targets, rules)).toHaveLength(1);
    expect(relabeler.relabel(targets, rules.slice(1))).toHaveLength(2);
    expect(relabeler.relabel(targets, [])).toEqual(targets);
  });

  it("leaves out names that have no value", () => {
    const given = new Target(Labels.of({ a: "1" }), ["v"]);
    const relabeler = new TargetRelabeler();
    const [first] = relabeler.relabel([given], []);
    expect([...(first?.members() ?? [])]).toEqual([["a", "1"]]);
    expect(relabeler.relabel([given], [])[0]).toBe(first);
  });
});
