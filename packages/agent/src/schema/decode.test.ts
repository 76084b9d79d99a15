import { array, assert, constantFrom, property, uint8Array } from "fast-check";
import { textFromBytes } from "@flameline/syntax";
import { describe, expect, it } from "vitest";
import { attr, block, blocks, defineBlock, labelledBlocks, optionalBlock, type BlockDefinition } from "./fields.ts";
import { defaultArguments } from "./decode.ts";
import { BlockError, DiagnosticError } from "./config-error.ts";
import { decodeText, failureOf } from "./testing/configuration.ts";
import { Secret } from "./secret.ts";
import { any } from "./types/any.ts";
import { bool } from "./types/bool.ts";
import { duration } from "./types/duration.ts";
import { list } from "./types/list.ts";
import { map } from "./types/map.ts";
import { nullable } from "./types/nullable.ts";
import { int } from "./types/numbers.ts";
import { secret } from "./types/secrets.ts";
import { string } from "./types/string.ts";

const doc = "";
const inner = defineBlock({ fields: { enabled: attr(bool, { doc, required: true }), size: attr(int, { doc, default: 7 }) } });
const limits = defineBlock({
  fields: { low: attr(int, { doc, default: 1 }), high: attr(int, { doc, default: 10 }) },
  validate: ({ low, high }) => (low > high ? "low must not be above high" : undefined),
});
const labels: BlockDefinition<ReadonlyMap<string, unknown>> = { fields: {}, rest: any };
const root = defineBlock({
  fields: {
    req: attr(string, { doc, required: true }),
    wait: attr(duration, { doc, default: 15_000 }),
    tags: attr(list(string), { doc }),
    headers: attr(map(string), { doc }),
    token: attr(secret, { doc }),
    limit: attr(nullable(int), { doc }),
    inner: block(inner, { doc }),
    limits: block(limits, { doc }),
    tls: optionalBlock(inner, { doc }),
    rule: blocks(limits, { doc }),
    custom: labelledBlocks(inner, { doc }),
    labels: optionalBlock(labels, { doc }),
  },
});

const failure = (text: string): string => failureOf(() => decodeText(root, text, { hidden: new Secret("s3cr3t") }));

describe("decodeBody", () => {
  it("fills in the defaults of what is absent", () => {
    const { token, ...args } = decodeText(root, 'req = "x"');
    expect(token.reveal()).toBe("");
    expect(args).toEqual({
      req: "x",
      wait: 15_000,
      tags: [],
      headers: new Map(),
      limit: null,
      inner: { enabled: false, size: 7 },
      limits: { low: 1, high: 10 },
      tls: undefined,
      rule: [],
      custom: [],
      labels: undefined,
    });
  });

  it("decodes attributes, single, repeated, labelled and open blocks", () => {
    const args = decodeText(
      root,
      `req = 5
       wait = "1m"
       token = hidden
       limit = 3
       limits { high = 3 }
       tls { enabled = true }
       rule { low = 2 }
       rule { high = 20 }
       custom "one" { enabled = true }
       labels {
         a = 1
         b = [hidden]
       }`,
      { hidden: new Secret("s3cr3t") },
    );
    expect(args).toMatchObject({
      req: "5",
      wait: 60_000,
      limit: 3,
      limits: { low: 1, high: 3 },
      tls: { enabled: true, size: 7 },
      rule: [
        { low: 2, high: 10 },
        { low: 1, high: 20 },
      ],
      custom: [{ enabled: true, size: 7, label: "one" }],
    });
    expect(args.token.reveal()).toBe("s3cr3t");
    expect([...(args.labels ?? [])].map(([name]) => name)).toEqual(["a", "b"]);
  });

  it("decodes any number of repeated blocks", () => {
    expect(decodeText(root, `req = 1\n${"rule { }\n".repeat(60_000)}`).rule).toHaveLength(60_000);
  });

  it("takes null for a required attribute", () => {
    expect(decodeText(root, "req = null").req).toBe("");
  });

  it("gives the canonical form", () => {
    const definition = defineBlock({
      fields: { word: attr(string, { doc }) },
      validate: ({ word }) => (word === "" ? "word must not be empty" : undefined),
      normalize: ({ word }) => ({ word: word.toUpperCase() }),
    });
    expect(decodeText(definition, 'word = "a"')).toEqual({ word: "A" });
    expect(failureOf(() => decodeText(definition, ""))).toBe("BlockError: word must not be empty");
  });

  it.each([
    ["foo = 1", '1:1-7 unrecognized attribute name "foo"'],
    ["constructor = 1", '1:1-15 unrecognized attribute name "constructor"'],
    ["foo { }", '1:1-7 unrecognized block name "foo"'],
    ['req = "x"\nreq = "y"', '2:1-9 attribute "req" may only be provided once'],
    ["labels {\n a = 1\n a = 2\n}", '3:2-6 attribute "a" may only be provided once'],
    ["limits { }\nlimits { }", '1:1-10 block "limits" may only be specified once'],
    ["limits = 1", '1:1-10 "limits" must be a block, but is used as an attribute'],
    ["req { }", '1:1-7 "req" must be an attribute, but is used as a block'],
    ["custom { enabled = true }", '1:1-8 block "custom" requires non-empty label'],
    ['limits "x" { }', '1:1-12 block "limits" does not support specifying labels'],
    ['labels "x" { }', '1:1-12 block "labels" requires empty label'],
    ["labels {\n a { }\n}", "2:2-6 nested blocks not supported here"],
    ["", 'BlockError: missing required attribute "req"'],
    ['req = "x"\ntls { }', 'BlockError: missing required attribute "enabled"'],
    ['req = "x"\nrule { low = 11 }', "BlockError: low must not be above high"],
    ["req = true", "1:7-10 true should be string, got bool"],
    ["req = hidden", "1:7-12 hidden secrets may not be converted into strings"],
    ['wait = "5x"', '1:8-11 "5x" time: unknown unit "x" in duration "5x"'],
    ['tags = ["a", ([true])]', "1:14-21 ([true]) should be string, got array"],
    ["tags = ([true])", "1:10-13 true should be string, got bool"],
    ["headers = {a = 1, a = []}", "1:23-24 [] should be string, got array"],
    ["req = nope", '1:7-10 identifier "nope" does not exist'],
  ])("%j fails with %s", (text, message) => {
    expect(failure(text)).toBe(message);
  });

  it("leads to the wrong value through a reference", () => {
    const message = failureOf(() => decodeText(root, "headers = all.of[0]", { all: new Map([["of", [new Map([["k", [1n]]])]]]) }));
    expect(message).toBe("1:11-19 all.of[0].k should be string, got array");
  });

  it("reports what comes first and missing members last", () => {
    expect(failure("inner { }\nfoo = 1")).toBe('BlockError: missing required attribute "enabled"');
    expect(failure("foo = 1\nbar = 2")).toBe('1:1-7 unrecognized attribute name "foo"');
  });
});

describe("defaultArguments", () => {
  it("asks for nothing", () => {
    expect(defaultArguments(inner)).toEqual({ enabled: false, size: 7 });
    expect(defaultArguments(labels)).toEqual(new Map());
  });
});

describe("any configuration", () => {
  const statement = constantFrom(
    "req = X",
    "wait = X",
    "tags = [X, X]",
    "headers = {k = X}",
    "token = X",
    "limits { low = X }",
    "rule { high = X }",
    "labels { z = X }",
    'custom "c" { enabled = X }',
    "tls = X",
    "nope = X",
  );
  const literal = constantFrom(
    "1",
    "-1",
    "1.5",
    '"a"',
    '"1"',
    "true",
    "null",
    "[]",
    "{}",
    "{a = [1]}",
    "h",
    'h + "x"',
    "f",
    "f()",
    "[h][0]",
    "1e308 * 10",
    '"\\xff"',
    "1 / 0",
  );

  it("decodes, or fails with a diagnostic or a block error", () => {
    assert(
      property(array(statement, { maxLength: 6 }), array(literal, { minLength: 12, maxLength: 12 }), (statements, literals) => {
        const values = literals[Symbol.iterator]();
        const text = statements.map((line) => line.replaceAll("X", () => String(values.next().value))).join("\n");
        try {
          decodeText(root, text, { h: new Secret("s3cr3t") });
        } catch (error) {
          expect(error instanceof DiagnosticError || error instanceof BlockError).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("accepts any text as a string attribute's value", () => {
    assert(
      property(uint8Array(), (bytes) => {
        const text = textFromBytes(bytes);
        expect(decodeText(root, "req = text", { text }).req).toBe(text);
      }),
    );
  });
});
