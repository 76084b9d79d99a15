import { describe, expect, it } from "vitest";
import { encodeArguments, equalArguments } from "./arguments.ts";
import { equalValues } from "./equal.ts";
import { attr, blocks, defineBlock, labelledBlocks, optionalBlock } from "./fields.ts";
import { OptionalSecret, Secret } from "./secret.ts";
import { decodeText } from "./testing/configuration.ts";
import { duration } from "./types/duration.ts";
import { list } from "./types/list.ts";
import { string } from "./types/string.ts";
import { FunctionValue, Uint64, type Value } from "./value.ts";

describe("equalValues", () => {
  const noop = new FunctionValue("noop", () => null);

  it.each<[Value, Value, boolean]>([
    [3n, 3n, true],
    [3n, 3, false],
    [new Uint64(3n), new Uint64(3n), true],
    [new Uint64(3n), 3n, false],
    [Number.NaN, Number.NaN, true],
    [0, -0, false],
    [noop, noop, true],
    [noop, new FunctionValue("noop", () => null), false],
    [[1n, [null]], [1n, [null]], true],
    [[1n], [1n, 2n], false],
    [Uint8Array.of(1), [1n], true],
    [new Map([["a", null]]), new Map([["b", null]]), false],
    [new Map([["a", [true]]]), new Map([["a", [true]]]), true],
    ["", null, false],
    [new Secret("x"), new Secret("x"), true],
    [new Secret("x"), new Secret("y"), false],
    [new Secret("x"), "x", false],
    [new OptionalSecret("x", true), new OptionalSecret("x", true), true],
    [new OptionalSecret("x", true), new OptionalSecret("y", true), false],
    [new OptionalSecret("x", true), new OptionalSecret("x", false), false],
  ])("%s and %s", (left, right, equal) => {
    expect(equalValues(left, right)).toBe(equal);
    expect(equalValues(right, left)).toBe(equal);
  });
});

describe("equalArguments", () => {
  const inner = defineBlock({ fields: { wait: attr(duration, { doc: "", default: 5 }) } });
  const definition = defineBlock({
    fields: {
      tags: attr(list(string), { doc: "" }),
      tls: optionalBlock(inner, { doc: "" }),
      rule: blocks(inner, { doc: "" }),
      custom: labelledBlocks(inner, { doc: "" }),
    },
  });
  const same = (left: string, right: string): boolean =>
    equalArguments(definition, decodeText(definition, left), decodeText(definition, right));

  it("compares what was decoded, not what was written", () => {
    expect(same('tags = ["5"]\nrule { }', 'tags = [5]\nrule { wait = "5ms" }')).toBe(true);
  });

  it("sees every difference", () => {
    expect(same("", "tls { }")).toBe(false);
    expect(same("rule { }", "rule { }\nrule { }")).toBe(false);
    expect(same('custom "a" { }', 'custom "b" { }')).toBe(false);
    expect(same('tags = ["a", "b"]', 'tags = ["b", "a"]')).toBe(false);
  });

  it("puts labels into the encoded form", () => {
    const encoded = encodeArguments(definition, decodeText(definition, 'custom "a" { }'));
    expect(encoded instanceof Map && encoded.get("custom")).toEqual([
      new Map([
        ["wait", "5ms"],
        ["label", "a"],
      ]),
    ]);
  });
});
