import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteLength, bytesFromText, normalizeText, textFromBytes } from "./text.ts";

const encoder = new TextEncoder();
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 6 }).map((text) => encoder.encode(text)),
  fc
    .array(fc.constantFrom(0x41, 0xc3, 0xa9, 0xe0, 0x80, 0x9f, 0xa0, 0xed, 0xef, 0xbb, 0xbf, 0xf0, 0xf4, 0x90), { maxLength: 8 })
    .map((list) => Uint8Array.from(list)),
);

describe("texts", () => {
  it("carry any bytes", () => {
    fc.assert(
      fc.property(bytes, (input) => {
        const text = textFromBytes(input);
        expect([...bytesFromText(text)]).toEqual([...input]);
        expect(byteLength(text)).toBe(input.length);
      }),
    );
  });

  it("are ordinary strings where the bytes are UTF-8", () => {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    fc.assert(
      fc.property(bytes, (input) => {
        const text = textFromBytes(input);
        if (text.isWellFormed()) expect(text).toBe(decoder.decode(input));
        else expect(() => new TextDecoder("utf-8", { fatal: true }).decode(input)).toThrow(TypeError);
      }),
    );
  });

  it("have one spelling after normalizeText", () => {
    expect(normalizeText("\udcc3\udca9\udcff")).toBe("é\udcff");
    fc.assert(
      fc.property(bytes, bytes, (left, right) => {
        expect(normalizeText(textFromBytes(left) + textFromBytes(right))).toBe(textFromBytes(Uint8Array.from([...left, ...right])));
      }),
    );
  });
});
