import { format, Source } from "@flameline/syntax";
import { describe, expect, it } from "vitest";
import { formatValue } from "./format-value.ts";
import { valueOf } from "./testing/configuration.ts";
import { FunctionValue } from "./value.ts";

describe("formatValue", () => {
  it.each([
    ["1e21", "1000000000000000000000"],
    ['"é\\x00\\xff"', '"é\\x00\\xff"'],
    ['[1, "x", null, true]', '[1, "x", null, true]'],
    ["[]", "[]"],
    ["{}", "{}"],
    ["{b = 1, a = 2}", "{\n\ta = 2,\n\tb = 1,\n}"],
    ['{"a-b" = 1, ccccc = 2}', '{\n\t"a-b" = 1,\n\tccccc = 2,\n}'],
    ["{aaa = [], b = {c = 1}, dd = 2, e = 3}", "{\n\taaa = [],\n\tb   = {\n\t\tc = 1,\n\t},\n\tdd = 2,\n\te  = 3,\n}"],
    ["[{a = 1}, {}]", "[{\n\ta = 1,\n}, {}]"],
  ])("%s", (expression, text) => {
    expect(formatValue(valueOf(expression))).toBe(text);
  });

  it("aligns any number of members", () => {
    const members = new Map(Array.from({ length: 200_000 }, (_, index) => [`k${index}`, null]));
    expect(formatValue(members).split("\n")).toHaveLength(members.size + 2);
  });

  it("names what has no literal", () => {
    expect(formatValue(new Map([["f", new FunctionValue("f", () => null)]]))).toBe("{\n\tf = function,\n}");
  });

  it("prints as the formatter does", () => {
    const text = `a = ${formatValue(valueOf('{x = [1, {yy = "z", z = []}], long_name = {a = 1}, b = 2}'))}\n`;
    expect(format(new Source("", text)).text).toBe(text);
  });
});
