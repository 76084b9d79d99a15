import { bytesFromText, textFromBytes } from "@flameline/syntax";
import { assert, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { compareTexts } from "./compare-texts.ts";

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right);
}

describe("compareTexts", () => {
  it("orders as the bytes of the texts", () => {
    assert(
      property(uint8Array({ maxLength: 8 }), uint8Array({ maxLength: 8 }), (left, right) => {
        const order = compareTexts(textFromBytes(left), textFromBytes(right));
        expect(Math.sign(order)).toBe(compareBytes(left, right));
      }),
    );
  });

  it.each([
    ["\uffff", "\u{1f600}", -1],
    ["é", "z", 1],
    ["ab", "abc", -1],
    ["", "", 0],
    ["\udcff", "é", 1],
  ])("%j and %j", (left, right, order) => {
    expect(Math.sign(compareTexts(left, right))).toBe(order);
    expect(compareBytes(bytesFromText(left), bytesFromText(right))).toBe(order);
  });
});
