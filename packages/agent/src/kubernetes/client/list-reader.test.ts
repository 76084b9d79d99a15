import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ListFrame, ListReader, maxObjectBytes } from "./list-reader.ts";

/** The names of the items and the frame, read in pieces of these sizes. */
function read(text: string, sizes: readonly number[] = []): { readonly names: readonly string[]; readonly frame: ListFrame } {
  const names: string[] = [];
  const reader = new ListReader((item) => names.push(item.record("metadata").text("name")));
  const bytes = Buffer.from(text);
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index] ?? bytes.length;
    reader.push(bytes.subarray(at, at + size));
    at += size;
  }
  return { names, frame: reader.end() };
}

const listOf = (names: readonly string[], space?: number): string =>
  JSON.stringify(
    {
      kind: "PodList",
      metadata: { resourceVersion: "7", continue: 'a"b\\' },
      items: names.map((name) => ({ metadata: { name, labels: { a: "}],{[" } }, items: [{}], spec: { deep: [[1], { items: [] }] } })),
    },
    undefined,
    space,
  );

describe("ListReader", () => {
  it("reads the same whatever pieces the text comes in, and wherever quotes, brackets and backslashes are", () => {
    const name = fc.string({ unit: fc.constantFrom("a", '"', "\\", "[", "}", ",", "ü", "\n", "😀"), minLength: 1, maxLength: 6 });
    const pieces = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), pieces, fc.constantFrom(undefined, 1), (names, sizes, space) => {
        expect(read(listOf(names, space), sizes)).toEqual({ names, frame: { version: "7", next: 'a"b\\' } });
      }),
    );
  });

  it("takes members in any order, and a list that is null", () => {
    expect(read('{"items":[{"metadata":{"name":"x"}}],"metadata":{"resourceVersion":"1"}}')).toEqual({
      names: ["x"],
      frame: { version: "1", next: "" },
    });
    expect(read('{"metadata":{"resourceVersion":"1"},"items":null}').names).toEqual([]);
  });

  it.each([
    "",
    "{",
    '{"items":[{"metadata":{"name":"x"}}',
    '{"metadata":{}',
    "<html>",
    '{"items":[}',
    '{"items":[nonsense]}',
    "{}",
    "[]",
    '"x"',
  ])("refuses %j", (text) => expect(() => read(text)).toThrow("the list cannot be read"));

  it("refuses an item that is no JSON", () => {
    expect(() => read('{"items":[{"a":nonsense}]}')).toThrow('an object cannot be read: "{\\"a\\":nonsense}"');
  });

  it("reads a list that is longer than any object may be, without keeping it", () => {
    const count = 200;
    const filler = "x".repeat(Math.ceil((2 * maxObjectBytes) / count));
    let items = 0;
    const reader = new ListReader(() => (items += 1));
    reader.push(Buffer.from('{"items":['));
    for (let index = 0; index < count; index += 1) reader.push(Buffer.from(`${index === 0 ? "" : ","}{"a":"${filler}"}`));
    reader.push(Buffer.from("]}"));
    reader.end();
    expect(items).toBe(count);
  });

  it("refuses an object that is too large", () => {
    const reader = new ListReader(() => undefined);
    const piece = Buffer.alloc(1024 * 1024, "x");
    reader.push(Buffer.from('{"items":[{"a":"'));
    expect(() => {
      for (let sent = 0; sent <= maxObjectBytes; sent += piece.length) reader.push(piece);
    }).toThrow(`an object is larger than ${maxObjectBytes} bytes`);
  });
});
