import { Labels } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import { TargetSets } from "./target-sets.ts";

const labels = (...addresses: readonly string[]) => addresses.map((address) => Labels.of({ __address__: address }));
const addresses = (sets: TargetSets) => sets.targets.map((target) => target.labels.get("__address__"));

describe("TargetSets", () => {
  it("sorts by source and keeps the order within one", () => {
    const sets = new TargetSets();
    expect(
      sets.apply([
        { source: "b", targets: labels("z", "a") },
        { source: "a", targets: labels("m") },
      ]),
    ).toBe(true);
    expect(addresses(sets)).toEqual(["m", "z", "a"]);
  });

  it("replaces a source as a whole, and forgets one without targets", () => {
    const sets = new TargetSets();
    sets.apply([
      { source: "a", targets: labels("1", "2") },
      { source: "b", targets: labels("3") },
    ]);
    expect(sets.apply([{ source: "a", targets: labels("2") }])).toBe(true);
    expect(addresses(sets)).toEqual(["2", "3"]);
    expect(sets.apply([{ source: "b", targets: [] }])).toBe(true);
    expect(addresses(sets)).toEqual(["2"]);
    expect(sets.apply([{ source: "b", targets: [] }])).toBe(false);
  });

  it("keeps the objects of targets that stay, wherever they move to", () => {
    const sets = new TargetSets();
    sets.apply([{ source: "a", targets: labels("1", "2", "3") }]);
    const [, second, third] = sets.targets;
    const before = sets.targets;
    expect(sets.apply([{ source: "a", targets: labels("1", "2", "3") }])).toBe(false);
    expect(sets.targets).toBe(before);
    expect(sets.apply([{ source: "a", targets: labels("2", "3", "4") }])).toBe(true);
    expect(sets.targets[0]).toBe(second);
    expect(sets.targets[1]).toBe(third);
  });

  it("keeps repeated targets", () => {
    const sets = new TargetSets();
    sets.apply([{ source: "a", targets: labels("1", "1") }]);
    expect(addresses(sets)).toEqual(["1", "1"]);
  });
});
