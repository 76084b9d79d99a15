import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProfileDataError } from "../profile-data-error.ts";
import { WireReader } from "./wire-reader.ts";
import { varintLength, WireWriter } from "./wire-writer.ts";

const int64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -300n, max: 300n }));

function readBigint(reader: WireReader): bigint {
  reader.varint();
  return BigInt.asIntN(64, (BigInt(reader.hi >>> 0) << 32n) | BigInt(reader.lo >>> 0));
}

describe("WireReader and WireWriter", () => {
  it("carry 64-bit numbers exactly", () => {
    fc.assert(
      fc.property(fc.array(int64), (numbers) => {
        const writer = new WireWriter(1);
        let length = 0;
        for (const number of numbers) {
          writer.bigint(number);
          length += varintLength(Number(BigInt.asIntN(32, number)), Number(BigInt.asIntN(32, number >> 32n)));
          expect(writer.length).toBe(length);
        }
        const reader = new WireReader(writer.finish());
        expect(numbers.map(() => readBigint(reader))).toEqual(numbers);
        expect(reader.position).toBe(reader.end);
      }),
    );
  });

  it("carry safe integers as numbers", () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat()), (numbers) => {
        const writer = new WireWriter(1);
        for (const number of numbers) writer.number(number);
        const reader = new WireReader(writer.finish());
        expect(numbers.map(() => reader.number())).toEqual(numbers);
      }),
    );
  });

  it("nest messages of any length", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 300 }), { maxLength: 6 }), (lengths) => {
        const writer = new WireWriter(1);
        const nest = (depth: number): void => {
          const length = lengths[depth];
          if (length === undefined) return;
          writer.raw(new Uint8Array(length).fill(depth));
          writer.messageField(1, () => nest(depth + 1));
        };
        nest(0);
        const reader = new WireReader(writer.finish());
        for (const [depth, length] of lengths.entries()) {
          expect(reader.bytes.subarray(reader.position, reader.position + length)).toEqual(new Uint8Array(length).fill(depth));
          reader.position += length;
          expect(reader.number()).toBe(0x0a);
          expect(reader.enter()).toBe(reader.end);
        }
      }),
    );
  });

  it("leave out fields that are zero", () => {
    const writer = new WireWriter().numberField(1, 0).bigintField(2, 0n).numberField(3, 1).bigintField(4, -1n).stringField(5, "é");
    expect([...writer.view()]).toEqual([0x18, 1, 0x20, ...Array.from({ length: 9 }, () => 0xff), 1, 0x2a, 2, 0xc3, 0xa9]);
  });
});

describe("WireReader", () => {
  function codeOf(read: () => void): string {
    try {
      read();
    } catch (error) {
      if (error instanceof ProfileDataError) return error.code;
      throw error;
    }
    return "none";
  }

  it.each([
    ["no byte left", [], "truncated"],
    ["a varint that does not end", [0x80, 0x80], "truncated"],
    ["a long varint that does not end", [0xff, 0xff, 0xff, 0xff, 0xff], "truncated"],
    ["more than 64 bits", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2], "malformed"],
    ["more than ten bytes", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0], "malformed"],
  ])("refuses %s", (_, bytes, code) => expect(codeOf(() => new WireReader(Uint8Array.from(bytes)).varint())).toBe(code));

  it("refuses numbers that are not exact, lengths beyond the end and unknown wire types", () => {
    const minusOne = new WireWriter().bigint(-1n).finish();
    expect(codeOf(() => new WireReader(minusOne).number())).toBe("malformed");
    expect(codeOf(() => new WireReader(Uint8Array.of(3, 0, 0)).enter())).toBe("truncated");
    expect(codeOf(() => new WireReader(Uint8Array.of(0, 0)).skip(5))).toBe("truncated");
    expect([3, 4, 6, 7].map((type) => codeOf(() => new WireReader(new Uint8Array(9)).skip(type)))).toEqual(
      Array.from({ length: 4 }, () => "malformed"),
    );
  });

  it("passes over every kind of field", () => {
    const bytes = Uint8Array.of(0x80, 1, 2, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4);
    const reader = new WireReader(bytes);
    for (const type of [0, 2, 1, 5]) reader.skip(type);
    expect(reader.position).toBe(bytes.length);
  });
});
