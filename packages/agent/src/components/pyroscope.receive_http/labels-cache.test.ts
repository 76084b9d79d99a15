import { Labels } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import { LabelsCache, maxCachedKeyLength, maxCachedLabelSets } from "./labels-cache.ts";

describe("LabelsCache", () => {
  it("gives back what it was given, and forgets the oldest when it is full", () => {
    const cache = new LabelsCache();
    const sets = Array.from({ length: maxCachedLabelSets + 1 }, (_, at) => cache.set(`app-${at}`, Labels.of({ at: String(at) })));
    expect(cache.get("app-0")).toBeUndefined();
    expect(cache.get("app-1")).toBe(sets[1]);
    expect(cache.get(`app-${maxCachedLabelSets}`)).toBe(sets.at(-1));
  });

  it("does not remember long forms", () => {
    const cache = new LabelsCache();
    const long = "x".repeat(maxCachedKeyLength + 1);
    const labels = Labels.of({ a: "b" });
    expect(cache.set(long, labels)).toBe(labels);
    expect(cache.get(long)).toBeUndefined();
  });
});
