import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeQuery, firstValue, parseQuery } from "./query-string.ts";

describe("parseQuery()", () => {
  it("decodes + and escapes, keeps repeated and empty values in order", () => {
    expect(parseQuery("name=a+b%7Bc%3Dd%7D&x=1&x=&y")).toEqual([
      ["name", "a b{c=d}"],
      ["x", "1"],
      ["x", ""],
      ["y", ""],
    ]);
  });

  it("leaves out pairs with a semicolon or a broken escape, and empty ones", () => {
    expect(parseQuery("a=1;b=2&&c=%zz&d=%4&e=5")).toEqual([["e", "5"]]);
  });

  it("carries bytes that are not UTF-8, escaped or raw", () => {
    expect(parseQuery("a=%FF%C3%A9&b=\u{c3}\u{a9}")).toEqual([
      ["a", "\u{dcff}é"],
      ["b", "é"],
    ]);
  });
});

describe("encodeQuery()", () => {
  it("sorts by name, keeps the order of equal names, and escapes all but letters, digits and -_.~", () => {
    const pairs = [
      ["x", "2"],
      ["name", "app{k=a b,m=é!'()*}"],
      ["x", "1"],
    ] as const;
    expect(encodeQuery(pairs)).toBe("name=app%7Bk%3Da+b%2Cm%3D%C3%A9%21%27%28%29%2A%7D&x=2&x=1");
  });

  it("is the inverse of parseQuery() for any text, also with bytes that are not UTF-8", () => {
    const unit = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.integer({ min: 0xdc80, max: 0xdcff }).map((code) => String.fromCharCode(code)),
    );
    fc.assert(
      fc.property(unit, unit, (name, value) => {
        const [pair] = parseQuery(encodeQuery([[name, value]]));
        expect(pair).toEqual([name, value]);
      }),
    );
  });
});

describe("firstValue()", () => {
  it("gives the first of several and undefined for none", () => {
    expect(firstValue(parseQuery("a=1&a=2"), "a")).toBe("1");
    expect(firstValue(parseQuery("a=1"), "b")).toBeUndefined();
  });
});
