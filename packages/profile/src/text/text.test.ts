import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOfText, textOfBytes } from "./bytes.ts";
import { compareTexts } from "./order.ts";
import { quoteBytes, quoteCharacter, quoteText } from "./quote.ts";

/** Bytes that are often, but not always, valid UTF-8. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 20 }).map((text) => new TextEncoder().encode(text)),
  fc
    .tuple(fc.string({ unit: "grapheme", maxLength: 8 }), fc.uint8Array({ maxLength: 3 }), fc.string({ unit: "grapheme", maxLength: 8 }))
    .map(([a, broken, b]) => Uint8Array.from([...new TextEncoder().encode(a), ...broken, ...new TextEncoder().encode(b)])),
);

describe("textOfBytes", () => {
  it("gives back the same bytes through bytesOfText", () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(bytesOfText(textOfBytes(input))).toEqual(input);
      }),
    );
  });

  it("carries a byte that is not UTF-8 as a lone surrogate", () => {
    expect(textOfBytes(Uint8Array.of(0x61, 0xff, 0xc3, 0xa9, 0xc3))).toBe("a\udcffé\udcc3");
    expect(textOfBytes(Uint8Array.of(0x61, 0xed, 0xa0, 0x80))).toBe("a\udced\udca0\udc80");
  });
});

describe("compareTexts", () => {
  it("sorts as the bytes do", () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const expected = Math.sign(compareHex(a, b));
        expect(Math.sign(compareTexts(textOfBytes(a), textOfBytes(b)))).toBe(expected);
      }),
    );
  });

  it("puts characters above U+FFFF after the private use area, unlike UTF-16", () => {
    expect(compareTexts("\u{10000}", "\uf000")).toBeGreaterThan(0);
  });
});

/** Order of bytes by another way: two hex digits a byte keep it. */
function compareHex(a: Uint8Array, b: Uint8Array): number {
  const [left, right] = [a, b].map((bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""));
  return left === right ? 0 : (left ?? "") < (right ?? "") ? -1 : 1;
}

describe("quoteText", () => {
  it.each([
    ["plain text", '"plain text"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["\x07\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'],
    ["\0\x7f", '"\\x00\\x7f"'],
    ["é 🔥", '"é 🔥"'],
    ["\u00a0\u2028\u{e0001}", '"\\u00a0\\u2028\\U000e0001"'],
    ["a\udcff", '"a\\xff"'],
  ])("quotes %j as Go does", (text, quoted) => expect(quoteText(text)).toBe(quoted));

  it("quotes bytes and single characters", () => {
    expect(quoteBytes(Uint8Array.of(0x1f, 0x8b, 0x41))).toBe('"\\x1f\\x8bA"');
    expect(["-", "'", '"', "\n"].map(quoteCharacter)).toEqual(["'-'", "'\\''", "'\"'", "'\\n'"]);
  });
});
