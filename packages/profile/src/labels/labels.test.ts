import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareTexts } from "../text/order.ts";
import { Labels } from "./labels.ts";

const word = fc.oneof(fc.constantFrom("", "a", "b", "c", "__name__", "ÿ", '","'), fc.string({ unit: "binary", maxLength: 4 }));
const entries = fc.array(fc.tuple(word, word), { maxLength: 12 });

/** The same rules, written in the plainest way. */
function model(list: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  const map = new Map(list);
  return [...map].filter(([, value]) => value !== "").sort(([a], [b]) => compareTexts(a, b));
}

describe("Labels", () => {
  it("sorts by name, keeps the last of equal names and drops empty values", () => {
    fc.assert(
      fc.property(entries, (list) => {
        expect([...Labels.of(list)]).toEqual(model(list));
      }),
    );
  });

  it("has equal keys exactly for equal sets", () => {
    fc.assert(
      fc.property(entries, entries, (a, b) => {
        const same = JSON.stringify(model(a)) === JSON.stringify(model(b));
        expect(Labels.of(a).key === Labels.of(b).key).toBe(same);
        expect(Labels.of(a).equals(Labels.of(b))).toBe(same);
      }),
    );
  });

  it("does not take a separator inside a value for the end of it", () => {
    expect(Labels.of({ a: "xÿbÿy" }).key).not.toBe(Labels.of({ a: "x", b: "y" }).key);
  });

  it("prints values, and names beyond the classic form, quoted as Go does", () => {
    expect(Labels.of({ __name__: "cpu", "a-b": "x", "": "e", "c.d": 'q"' }).toString()).toBe(
      '{""="e", __name__="cpu", "a-b"="x", "c.d"="q\\""}',
    );
    expect(String(Labels.empty)).toBe("{}");
  });

  it("gives an absent label as an empty value", () => {
    const labels = Labels.of({ a: "1" });
    expect([labels.get("a"), labels.get("b"), labels.has("a"), labels.has("b"), labels.size]).toEqual(["1", "", true, false, 1]);
  });
});

describe("LabelsBuilder", () => {
  const edits = fc.array(fc.tuple(word, word), { maxLength: 8 });

  it("gives the set that the edits describe", () => {
    fc.assert(
      fc.property(entries, edits, (list, changes) => {
        const builder = Labels.of(list).edit();
        for (const [name, value] of changes) builder.set(name, value);
        expect([...builder.labels()]).toEqual(model([...list, ...changes]));
        expect([...builder.labels()]).toEqual(model([...list, ...changes]));
      }),
    );
  });

  it("gives the very same object when nothing changed", () => {
    const labels = Labels.of({ a: "1", b: "2" });
    expect(labels.edit().set("a", "1").delete("c").labels()).toBe(labels);
    expect(labels.edit().set("a", "2").labels()).not.toBe(labels);
  });

  it("shows its present values", () => {
    const builder = Labels.of({ a: "1" }).edit().set("b", "2").delete("a").set("c", "3").delete("c");
    expect([builder.get("a"), builder.get("b"), builder.get("c")]).toEqual(["", "2", ""]);
    expect(builder.labels().toRecord()).toEqual({ b: "2" });
  });

  it("deletes by name", () => {
    const builder = Labels.of({ a: "1", b: "2" }).edit().set("c", "3").set("d", "4").delete("d");
    const seen: string[] = [];
    builder.deleteWhere((name) => seen.push(name) > 0 && name !== "b");
    expect([seen, builder.labels().toRecord()]).toEqual([["a", "b", "c"], { b: "2" }]);
  });

  it("gives the empty set when everything is deleted", () => {
    expect(Labels.of({ a: "1" }).edit().delete("a").labels()).toBe(Labels.empty);
  });
});
