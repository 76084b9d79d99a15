import { maxNesting } from "@flameline/syntax";
import { describe, expect, it } from "vitest";
import { formatValue, renderValue, Uint64, type Value } from "../../schema/index.ts";
import { failureOf } from "../../schema/testing/configuration.ts";
import { decodeYaml } from "./from-yaml.ts";

const failure = (text: string): string => failureOf(() => decodeYaml(text)).replace("ValueError: ", "");
const object = (members: Readonly<Record<string, Value>>): Value => new Map(Object.entries(members));

describe("scalars", () => {
  it.each<[string, Value]>([
    ["12", 12n],
    ["+5", 5n],
    ["-017", -15n],
    ["0o17", 15n],
    ["0x1F", 31n],
    ["0b11", 3n],
    ["1_000", 1000n],
    ["18446744073709551615", new Uint64(18446744073709551615n)],
    ["18446744073709551616", 18446744073709551616],
    ["08", 8],
    ["1.", 1],
    [".5", 0.5],
    ["1e3", 1000],
    ["-.INF", -Infinity],
    [".nan", Number.NaN],
    ["1e400", "1e400"],
    ["True", true],
    ["yes", "yes"],
    ["~", null],
    ["", null],
    ["# nothing", null],
    ["'12'", "12"],
    ['"a\\n"', "a\n"],
    ["12:30:45", "12:30:45"],
    ["_1", "_1"],
    ["2001-12-14", "2001-12-14T00:00:00Z"],
    ["2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"],
    ["2001-1-2 3:4:5", "2001-01-02T03:04:05Z"],
    ["2001-02-30", "2001-02-30"],
    ["2001-1-2T3:4:5", "2001-1-2T3:4:5"],
    ["!!str 12", "12"],
    ['!!int "7"', 7n],
    ["!!float 5", 5],
    ["!!binary SGk=", "Hi"],
    ["!foo x", "x"],
    ["a\n--- \nb", "a"],
  ])("%j", (text, value) => {
    expect(decodeYaml(text)).toEqual(value);
  });
});

describe("collections", () => {
  it.each<[string, Value]>([
    ["- a\n- b: c\n", ["a", object({ b: "c" })]],
    ["{a: [1, {}], b: }", object({ a: [1n, new Map()], b: null })],
    ["a: |\n  x\n  y\n", object({ a: "x\ny\n" })],
    ["a: |\n  x\n  y", object({ a: "x\ny" })],
    ["base: &b {k: v, l: w}\nd:\n  l: z\n  <<: *b\n", object({ base: object({ k: "v", l: "w" }), d: object({ k: "v", l: "z" }) })],
    ["<<: [{a: 1}, {a: 2, b: 3}]", object({ a: 1n, b: 3n })],
    ['"<<": 1', object({ "<<": 1n })],
    ["&a a: *a", object({ a: "a" })],
    ["!!set {a, b}", object({ a: null, b: null })],
  ])("%j", (text, value) => {
    expect(decodeYaml(text)).toEqual(value);
  });

  it.each(["1: x", "true: x", "null: x", "2001-01-01: x"])("cannot be looked into with keys like that of %j", (text) => {
    expect(renderValue(decodeYaml(text))).toEqual({ type: "capsule", value: 'capsule("map[interface {}]interface {}")' });
  });
});

describe("mistakes", () => {
  it.each([
    ["a: b: c", "yaml: mapping values are not allowed in this context"],
    ["a: b\n  c: d", "yaml: line 2: mapping values are not allowed in this context"],
    ["a:\n\t- b", "yaml: line 2: found character that cannot start any token"],
    ["a: @b", "yaml: found character that cannot start any token"],
    ["a: 'x", "yaml: found unexpected end of stream"],
    ['a: "\\q"', "yaml: found unknown escape character"],
    ["a: *x", "yaml: unknown anchor 'x' referenced"],
    ["a: &x [*x]", "yaml: anchor 'x' value contains itself"],
    ["a: 1\nb: 2\na: 3", 'yaml: unmarshal errors:\n  line 3: mapping key "a" already defined at line 1'],
    ["[a]: 1", "yaml: invalid map key: only scalars can be keys"],
    ["<<: 5", "yaml: map merge requires map or sequence of maps as the value"],
    ["!!int x", "yaml: cannot decode !!str `x` as a !!int"],
    ["!!bool yes", "yaml: cannot decode !!str `yes` as a !!bool"],
  ])("%j", (text, message) => {
    expect(failure(text)).toBe(message);
  });

  it("cannot make few lines expand to billions", () => {
    const lines = Array.from({ length: 12 }, (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(10)}]`);
    expect(failure(["a0: &a0 x", ...lines].join("\n"))).toBe("yaml: document contains excessive aliasing");
  });

  it("reads objects of many members", () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `key_${index}: a value of some length`);
    expect(decodeYaml(lines.join("\n"))).toHaveProperty("size", lines.length);
  });

  it("cannot be nested without bound", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(formatValue(decodeYaml(nested(maxNesting)))).toBe(nested(maxNesting));
    expect(failure(nested(maxNesting + 1))).toBe("yaml: exceeded max depth");
    expect(failure(nested(20_000))).toBe("yaml: exceeded max depth");
  });
});
