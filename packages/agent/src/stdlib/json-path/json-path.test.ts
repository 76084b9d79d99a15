import { describe, expect, it } from "vitest";
import { encodeJson } from "../json-writer.ts";
import { failureOf } from "../../schema/testing/configuration.ts";
import { queryJson } from "./json-path.ts";

const json = `{
  "a": {"b": [1, 2, 3], "c-d": 7, "e f": 8},
  "x": [{"n": "x", "v": 1}, {"n": "y", "v": 2.5, "t": ["q"]}],
  "s": "str", "k": null, "1": "one"
}`;
const found = (path: string): string => encodeJson(new Map([["", queryJson(json, path)]])).slice(4, -1);

describe("queryJson", () => {
  it.each([
    ["$", json.replaceAll(/\s(?!f)/g, "")],
    ["@.s", '["str"]'],
    ["a.b", "[[1,2,3]]"],
    [".a.b[0]", "[1]"],
    ["$['a']['b'][-1]", "[3]"],
    ["a.b[*]", "[1,2,3]"],
    ["a.*", "[[1,2,3],7,8]"],
    ["..b", "[[1,2,3]]"],
    ["$..[0]", '[{"n":"x","v":1},1,"q"]'],
    ["a.c-d", "[7]"],
    ['a["e f"]', "[8]"],
    ["$.1", '["one"]'],
    ["['s', 'k']", '["str",null]'],
    ["a.b[0,2]", "[1,3]"],
    ["a.b[1:]", "[2,3]"],
    ["a.b[::2]", "[1,3]"],
    ["nope", "[]"],
    ["k.z", "[]"],
    ["", "[]"],
  ])("%s", (path, result) => {
    expect(path === "$" ? JSON.parse(found(path)) : found(path)).toEqual(path === "$" ? [JSON.parse(json)] : result);
  });

  it.each([
    ["x[?(@.n == 'y')].v", "[2.5]"],
    ['x[?@.n=="y"].v', "[2.5]"],
    ["x[?(@.v > 1)].n", '["y"]'],
    ["x[?(1 == @.v)].n", '["x"]'],
    ["x[?(@.t)].n", '["y"]'],
    ["x[?(@.t[0] == 'q')].n", '["y"]'],
    ["x[?(@['n'] == 'x' && $.s == 'str')].v", "[1]"],
    ["x[?(@.n == 'x' || @.n == 'y')].v", "[1,2.5]"],
    ["x[?(!(@.n == 'x'))].v", "[2.5]"],
    ["x[?(@.n =~ /^[x]/)].v", "[1]"],
    ["x[?(@.n ~= '^y')].v", "[2.5]"],
    ["x[?(@.n in ['x', 'z'])].v", "[1]"],
    ["x[?(@.n in [])].v", "[]"],
    ["x[?(@.t exists true)].n", '["y"]'],
    ["x[?(@.t has false)].n", '["x"]'],
    ["x[?(length(@.t) == 1)].n", '["y"]'],
    ["$[?(@ == 'str')]", '["str"]'],
    ["a.b[?(@ in [1, 3])]", "[1,3]"],
  ])("filters by %s", (path, result) => {
    expect(found(path)).toBe(result);
  });

  it("keeps 64-bit numbers and finds any key", () => {
    const text = String.raw`{"big": 9007199254740993, "q'\"\\\n\u0001": [18446744073709551614], "__proto__": 1}`;
    expect(encodeJson(new Map([["", queryJson(text, "$.*")]]))).toBe('{"":[9007199254740993,[18446744073709551614],1]}');
    expect(encodeJson(new Map([["", queryJson(text, "$..[0]")]]))).toBe('{"":[18446744073709551614]}');
  });

  it("finds nothing in nothing", () => {
    expect(queryJson("", "$.a")).toEqual([]);
  });

  it.each([
    ["[", "not terminated at 2 in ["],
    ["a.", "not terminated at 3 in a."],
    ["a[?(@.b", "not terminated at 8 in a[?(@.b"],
    ["a b", "parse error at 2 in a b"],
    ["x[?(@.n =~ 5)]", "parse error at 12 in x[?(@.n =~ 5)]"],
  ])("refuses %s", (path, message) => {
    expect(failureOf(() => queryJson(json, path))).toBe(`ValueError: ${message}`);
  });

  it("says what the query engine refuses", () => {
    expect(failureOf(() => queryJson(json, "a[b]"))).toMatch(/^ValueError: parse error in a\[b\]: /);
    expect(failureOf(() => queryJson("{", "$"))).toBe("ValueError: incomplete JSON at 1:2");
  });
});
