import { describe, expect, it } from "vitest";
import { decodeBody } from "./decode.ts";
import { attr, block, blocks, defineBlock, labelledBlocks, optionalBlock } from "./fields.ts";
import { type ApiStatement, type ApiValue, renderArguments, renderDebugInfo, renderExports, renderValue } from "./render.ts";
import { scopeOf, statementsOf } from "./testing/configuration.ts";
import { any } from "./types/any.ts";
import { bool } from "./types/bool.ts";
import { duration } from "./types/duration.ts";
import { list } from "./types/list.ts";
import { map } from "./types/map.ts";
import { int } from "./types/numbers.ts";
import { secret } from "./types/secrets.ts";
import { string } from "./types/string.ts";
import { FunctionValue, Uint64, type Value } from "./value.ts";

const doc = "";
const profile = defineBlock({ fields: { enabled: attr(bool, { doc, default: true }), path: attr(string, { doc, default: "/heap" }) } });
const http2 = defineBlock({ fields: { enabled: attr(bool, { doc }), streams: attr(int, { doc, default: 100 }) }, showDefaults: true });
const root = defineBlock({
  fields: {
    url: attr(string, { doc, required: true }),
    wait: attr(duration, { doc, default: 15_000 }),
    pattern: attr(string, { doc, default: "(.*)", alwaysShown: true }),
    tags: attr(list(string), { doc }),
    token: attr(secret, { doc }),
    headers: attr(map(string), { doc }),
    profile: block(profile, { doc }),
    profiles: block(profile, { doc, alwaysShown: true }),
    http2: block(http2, { doc }),
    tls: optionalBlock(profile, { doc }),
    rule: blocks(profile, { doc }),
    custom: labelledBlocks(profile, { doc }),
  },
});

function shown(text: string): unknown {
  return short(renderArguments(root, decodeBody(root, statementsOf(text), scopeOf({}))));
}

/** Statements as nested lists, which read easier than the API's form. */
function short(statements: readonly ApiStatement[]): unknown {
  return statements.map((statement) =>
    statement.type === "attr"
      ? [statement.name, plain(statement.value)]
      : [`${statement.name}/${statement.label ?? ""}`, short(statement.body)],
  );
}

function plain(value: ApiValue): unknown {
  if (value.type === "array") return value.value.map(plain);
  return value.type === "object" ? Object.fromEntries(value.value.map(({ key, value: member }) => [key, plain(member)])) : value.value;
}

const always = [
  ["url", ""],
  ["pattern", "(.*)"],
  ["profiles/", []],
];

describe("renderArguments", () => {
  it("leaves out what has its default or is zero, but for what is required or always shown", () => {
    expect(shown('url = ""')).toEqual(always);
    expect(shown('url = ""\nwait = "15s"\ntags = []\nprofile { path = "/heap" }')).toEqual(always);
  });

  it("shows a zero where the default is another", () => {
    expect(shown('url = ""\nwait = "0s"\nprofile { enabled = false }')).toEqual([
      ["url", ""],
      ["wait", "0s"],
      ["pattern", "(.*)"],
      ["profile/", [["enabled", false]]],
      ["profiles/", []],
    ]);
  });

  it("follows the order of the definition, with labels of blocks and hidden secrets", () => {
    expect(
      shown('custom "b" { path = "/b" }\nrule { }\nrule { enabled = false }\ntls { }\nheaders = {b = 1, a = 2}\ntoken = "t"\nurl = "u"'),
    ).toEqual([
      ["url", "u"],
      ["pattern", "(.*)"],
      ["token", "(secret)"],
      ["headers", { a: "2", b: "1" }],
      ["profiles/", []],
      ["tls/", []],
      ["rule/", []],
      ["rule/", [["enabled", false]]],
      ["custom/b", [["path", "/b"]]],
    ]);
  });

  it("leaves out only zeros of a block that shows its defaults", () => {
    expect(shown('url = ""\nhttp2 { enabled = true }')).toContainEqual([
      "http2/",
      [
        ["enabled", true],
        ["streams", 100],
      ],
    ]);
    expect(shown('url = ""\nhttp2 { streams = 5 }')).toContainEqual(["http2/", [["streams", 5]]]);
  });

  it("shows all attributes of a block that takes any", () => {
    const definition = { fields: {}, rest: any };
    expect(
      short(
        renderArguments(
          definition,
          new Map<string, Value>([
            ["a", 1n],
            ["b", null],
          ]),
        ),
      ),
    ).toEqual([
      ["a", 1],
      ["b", null],
    ]);
  });
});

describe("renderExports", () => {
  const fields = { receiver: attr(any, { doc }), targets: attr(list(string), { doc }) };

  it("shows everything, zeros for what was not published", () => {
    expect(short(renderExports(fields, { receiver: null, targets: ["a"] }))).toEqual([
      ["receiver", null],
      ["targets", ["a"]],
    ]);
    expect(short(renderExports(fields, undefined))).toEqual([
      ["receiver", null],
      ["targets", []],
    ]);
  });
});

describe("renderDebugInfo", () => {
  it("leaves out zeros of what is not required", () => {
    const target = defineBlock({ fields: { job: attr(string, { doc, required: true }), last_error: attr(string, { doc }) } });
    const info = { target: [{ job: "" }, { job: "j", last_error: "x" }] };
    expect(short(renderDebugInfo({ target: blocks(target, { doc }) }, info))).toEqual([
      ["target/", [["job", ""]]],
      [
        "target/",
        [
          ["job", "j"],
          ["last_error", "x"],
        ],
      ],
    ]);
    expect(renderDebugInfo({ target: blocks(target, { doc }) }, undefined)).toEqual([]);
  });
});

describe("renderValue", () => {
  it.each<[Value, ApiValue]>([
    [null, { type: "null", value: null }],
    [true, { type: "bool", value: true }],
    [5n, { type: "number", value: 5 }],
    [new Uint64((1n << 64n) - 1n), { type: "number", value: 18446744073709552000 }],
    [-0, { type: "number", value: -0 }],
    [Infinity, { type: "string", value: "+Inf" }],
    [-Infinity, { type: "string", value: "-Inf" }],
    [Number.NaN, { type: "string", value: "NaN" }],
    ["a\udcff", { type: "string", value: "a\ufffd" }],
    [Uint8Array.of(7), { type: "array", value: [{ type: "number", value: 7 }] }],
    [new FunctionValue("f", () => null), { type: "function", value: "function" }],
    [
      new Map([
        ["b", "2"],
        ["a", "1"],
      ]),
      {
        type: "object",
        value: [
          { key: "a", value: { type: "string", value: "1" } },
          { key: "b", value: { type: "string", value: "2" } },
        ],
      },
    ],
  ])("%s", (value, api) => {
    expect(renderValue(value)).toEqual(api);
  });
});
