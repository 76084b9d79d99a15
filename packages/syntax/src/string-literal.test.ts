import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeLiteral, quote, unquote } from "./string-literal.ts";
import { textFromBytes } from "./text.ts";

const bytes = fc.uint8Array({ maxLength: 20 });

describe("unquote", () => {
  it.each([
    ['""', ""],
    ['"plain é"', "plain é"],
    [String.raw`"\a\b\f\n\r\t\v\\\""`, '\x07\b\f\n\r\t\v\\"'],
    [String.raw`"\101\x42\u0043\U00000044\u00e9\U0001f600"`, "ABCDé😀"],
    [String.raw`"\xc3\xa9"`, "é"],
    [String.raw`"\303\xa9"`, "é"],
    [String.raw`"\xff"`, "\udcff"],
    ["`a\\n\r\nb`", "a\\n\nb"],
  ])("reads %s", (literal, expected) => {
    expect(unquote(literal)).toBe(expected);
  });

  it("refuses what the lexer would have refused", () => {
    expect(() => unquote('"\\q"')).toThrow('not a valid string literal: "\\q"');
    expect(decodeLiteral('"\\q"')).toBeUndefined();
  });

  it("is the inverse of quote for any bytes", () => {
    fc.assert(
      fc.property(bytes, (input) => {
        const text = textFromBytes(input);
        expect(unquote(quote(text))).toBe(text);
      }),
    );
  });
});

describe("quote", () => {
  it.each([
    ["", '""'],
    ["plain", '"plain"'],
    ["é日本😀", '"é日本😀"'],
    ['"\\', '"\\"\\\\"'],
    ["\x07\b\f\n\r\t\v", String.raw`"\a\b\f\n\r\t\v"`],
    ["\0\x1b\x7f", String.raw`"\x00\x1b\x7f"`],
    ["\u0080\u00a0\u200b\ufeff", String.raw`"\u0080\u00a0\u200b\ufeff"`],
    ["\u{e0001}", String.raw`"\U000e0001"`],
    ["\u{fffd}", '"\u{fffd}"'],
    ["\udcff\udc80", String.raw`"\xff\x80"`],
  ])("escapes %j as Go does", (text, expected) => {
    expect(quote(text)).toBe(expected);
  });
});
