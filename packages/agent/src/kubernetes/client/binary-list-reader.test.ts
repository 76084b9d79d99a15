import { WireWriter, wireType } from "@flameline/profile";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BinaryListReader } from "./binary-list-reader.ts";
import { type ListFrame, maxObjectBytes } from "./list-reader.ts";
import type { MessageShape } from "./message-shape.ts";

const shape: MessageShape = {
  1: ["name", "text"],
  2: ["labels", "map"],
  3: ["ports", [{ 1: ["number", "number"], 2: ["own", "bool"] }]],
};

/** The fields of a message, as bytes. */
const message = (...fields: readonly (readonly [number, string | number | Uint8Array])[]): Uint8Array => {
  const writer = new WireWriter();
  for (const [field, value] of fields) {
    if (typeof value === "number") writer.tag(field, wireType.varint).number(value);
    else writer.bytesField(field, typeof value === "string" ? Buffer.from(value) : value);
  }
  return writer.finish();
};

const itemOf = (name: string): Uint8Array =>
  message(
    [1, name],
    [2, message([1, "app"], [2, name])],
    [2, message([1, "__proto__"], [2, "kept"])],
    [3, message([1, 8080], [2, 1])],
    [17, "what nobody needs"],
    [3, message([1, 53], [2, 0])],
  );

const listOf = (names: readonly string[]): Buffer =>
  Buffer.concat([
    Buffer.from("k8s\0"),
    message(
      [1, message([1, "v1"], [2, "PodList"])],
      [2, message([1, message([2, "7"], [3, "more"])], ...names.map((name) => [2, itemOf(name)] as const))],
      [3, ""],
      [4, ""],
    ),
  ]);

/** What is read when it comes in pieces of these sizes. */
function read(bytes: Buffer, sizes: readonly number[] = []): { readonly items: readonly object[]; readonly frame: ListFrame } {
  const items: object[] = [];
  const reader = new BinaryListReader(shape, (item) =>
    items.push({
      name: item.text("name"),
      labels: item.record("labels").textEntries(),
      ports: item.records("ports").map((port) => [port.number("number"), port.bool("own")]),
    }),
  );
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index] ?? bytes.length;
    reader.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return { items, frame: reader.end() };
}

describe("BinaryListReader", () => {
  it("reads the same whatever pieces the list comes in", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "\0", "ü", "😀"), maxLength: 150 });
    const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), pieces, (names, sizes) => {
        expect(read(listOf(names), sizes)).toEqual({
          frame: { version: "7", next: "more" },
          items: names.map((text) => ({
            name: text,
            labels: [
              ["app", text],
              ["__proto__", "kept"],
            ],
            ports: [
              [8080, true],
              [53, false],
            ],
          })),
        });
      }),
    );
  });

  it("notices wherever a list ends too early", () => {
    const bytes = listOf(["a", "b"]);
    // What follows the list itself is two empty fields.
    for (let length = 1; length < bytes.length - 4; length += 1) {
      expect(() => read(bytes.subarray(0, length)), String(length)).toThrow("the list cannot be read: unexpected end of data");
    }
  });

  it.each([
    ["another form", Buffer.from('{"items":[]}')],
    ["nothing but the envelope", Buffer.concat([Buffer.from("k8s\0"), message([1, "x"])])],
    ["an object that reaches beyond the list", Buffer.concat([Buffer.from("k8s\0"), Buffer.from([0x12, 3, 0x12, 9]), Buffer.alloc(20)])],
    ["a number in the place of the list", Buffer.concat([Buffer.from("k8s\0"), message([2, 5])])],
    ["an object that is broken inside", Buffer.concat([Buffer.from("k8s\0"), message([2, message([2, Buffer.from([0x0a, 9, 1])])])])],
    ["random bytes", Buffer.concat([Buffer.from("k8s\0"), Buffer.alloc(40, 0xff)])],
  ])("refuses %s", (_, bytes) => expect(() => read(bytes)).toThrow("the list cannot be read: "));

  it("refuses an object that is too large, before it has come", () => {
    const head = new WireWriter().tag(2, wireType.bytes).number(100_000_000).tag(2, wireType.bytes);
    const bytes = Buffer.concat([Buffer.from("k8s\0"), head.number(maxObjectBytes + 1).finish()]);
    expect(() => read(bytes)).toThrow(`an object is larger than ${maxObjectBytes} bytes`);
  });
});
