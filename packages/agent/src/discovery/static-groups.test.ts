import { describe, expect, it } from "vitest";
import { groupTargets, maxListedTargets, readJsonGroups, readYamlGroups } from "./static-groups.ts";

const json = (text: string) => readJsonGroups(Buffer.from(text));
const group = (targets: readonly string[], labels: Readonly<Record<string, string>> = {}) => ({
  targets,
  labels: new Map(Object.entries(labels)),
});

describe("readJsonGroups", () => {
  it.each([
    ['[{"targets":["a:1","b:2"],"labels":{"x":"1"}},{"targets":[]}]', [group(["a:1", "b:2"], { x: "1" }), group([])]],
    ["null", []],
    ["[]", []],
    ['[{"Targets":null,"LABELS":{"a-b":"é","n":null}}]', [group([], { "a-b": "é", n: "" })]],
    ['[{"targets":["\\udc80"]}]', [group(["\u{fffd}"])]],
    [
      '[{"targets":["a"],"labels":{"__proto__":"x","constructor":"y"}}]',
      [
        {
          targets: ["a"],
          labels: new Map([
            ["__proto__", "x"],
            ["constructor", "y"],
          ]),
        },
      ],
    ],
  ])("reads %j", (text, groups) => expect(json(text)).toEqual(groups));

  it.each([
    ['[{"targets":', "unexpected end of JSON input"],
    ["<!doctype html>", "invalid character '<' looking for beginning of value"],
    ["[null]", "nil target group item found"],
    ['[{"targets":["a"],"other":1}]', 'json: unknown field "other"'],
    ['[{"targets":[5]}]', "json: cannot unmarshal number into an address in targets"],
    ['[{"targets":"a"}]', "json: cannot unmarshal string into the list targets"],
    ['[{"labels":{"":"x"}}]', '"" is not a valid label name'],
    ['[{"labels":{"a":1}}]', 'json: cannot unmarshal number into label "a"'],
    ['[{"labels":[]}]', "json: cannot unmarshal array into an object"],
    ["{}", "json: cannot unmarshal object into a list of target groups"],
    ["[[]]", "json: cannot unmarshal array into an object"],
  ])("refuses %j", (text, message) => expect(() => json(text)).toThrow(message));

  it("refuses a list that is too long", () => {
    expect(() => json(`[{"targets":[${'"a",'.repeat(maxListedTargets)}"a"]}]`)).toThrow(
      `the list holds more than ${maxListedTargets} targets`,
    );
  });
});

describe("readYamlGroups", () => {
  it("takes every scalar as it is written", () => {
    const text = "- targets: [a:1, 5]\n  labels: {n: 0x1F, b: true, f: 1.50, t: 2001-12-14, e: , q: '~', 7: x}\n";
    expect(readYamlGroups(text)).toEqual([
      group(["a:1", "5"], { n: "0x1F", b: "true", f: "1.50", t: "2001-12-14", e: "", q: "~", 7: "x" }),
    ]);
  });

  it("reads an empty text as an empty list", () => {
    expect(readYamlGroups("")).toEqual([]);
    expect(readYamlGroups("# nothing\n")).toEqual([]);
  });

  it.each([
    ["- targets: [a]\n  other: 1", 'yaml: unknown field "other"'],
    ["- Targets: [a]", 'yaml: unknown field "Targets"'],
    ["- targets: [a\n", "yaml: "],
    ["a: b", "yaml: cannot unmarshal object into a list of target groups"],
    ["- ~", "nil target group item found"],
    ["text", "yaml: cannot unmarshal string into a list of target groups"],
  ])("refuses %j", (text, message) => expect(() => readYamlGroups(text)).toThrow(message));
});

describe("groupTargets", () => {
  it("lets the target's address win over the group, and its origin over a label of the same name", () => {
    const labels = new Map([
      ["__address__", "group"],
      ["__meta_url", "own"],
      ["x", ""],
      ["y", "1"],
    ]);
    expect(groupTargets({ targets: ["a:1", ""], labels }, ["__meta_url", "u"]).map((one) => one.toRecord())).toEqual([
      { __address__: "a:1", __meta_url: "u", y: "1" },
      { __meta_url: "u", y: "1" },
    ]);
  });
});
