import { describe, expect, it } from "vitest";
import { formatValue } from "../schema/index.ts";
import { failureOf, valueOf } from "../schema/testing/configuration.ts";
import { standardLibrary } from "./index.ts";

const names = Object.fromEntries(standardLibrary);
const text = (expression: string): string => formatValue(valueOf(expression, names));
const failure = (expression: string): string => failureOf(() => valueOf(expression, names));

describe("string", () => {
  it.each([
    ['string.join(["a", 5, null], ",")', '"a,5,"'],
    ['string.join([], "-")', '""'],
    ['string.join(["\\xc3", "\\xa9"], "")', '"é"'],
    ['string.replace("aba", "a", "xy")', '"xybxy"'],
    ['string.replace("abc", "", "-")', '"-a-b-c-"'],
    ['string.replace("\\U0001F600", "", "-")', '"-😀-"'],
    ['string.split("", ",")', '[""]'],
    ['string.split("a,b,,c", ",")', '["a", "b", "", "c"]'],
    ['string.split("aé😀", "")', '["a", "é", "😀"]'],
    ['string.split("\\xff", "")', '["\\xff"]'],
    ['string.to_lower("ABC ÀÉ İ ΣΑΣ")', '"abc àé i σασ"'],
    ['string.to_upper("straße ŉ ǆ ᾳ")', '"STRAßE ŉ Ǆ ᾼ"'],
    ["string.to_upper(5)", '"5"'],
    ["string.to_upper(null)", '""'],
    ['string.trim("foobar", "far")', '"oob"'],
    ['string.trim("éxé", "é")', '"x"'],
    ['string.trim("aaa", "a")', '""'],
    ['string.trim("aaa", "")', '"aaa"'],
    ['string.trim_prefix("foobar", "foo")', '"bar"'],
    ['string.trim_prefix("foobar", "bar")', '"foobar"'],
    ['string.trim_suffix("foobar", "bar")', '"foo"'],
    ['string.trim_suffix("foobar", "")', '"foobar"'],
    ['string.trim_space("\\t\\n\\u0085 x\\u00a0\\r\\u3000")', '"x"'],
    ['string.trim_space("\\ufeffx")', '"\\ufeffx"'],
    ['string.format("%s-%03d", "é", 7)', '"é-007"'],
    ['to_upper("old")', '"OLD"'],
  ])("%s is %s", (expression, result) => {
    expect(text(expression)).toBe(result);
  });

  it.each([
    ["string.to_upper(true)", "1:17-20 true should be string, got bool"],
    ["string.to_upper([])", "1:17-18 [] should be string, got array"],
    ['string.to_upper("a", "b")', "1:1-15 string.to_upper expected 1 args, got 2"],
    ['string.join("a", ",")', '1:13-15 "a" should be array, got string'],
    ['string.join(["a", true], ",")', "1:19-22 true should be string, got bool"],
    ["string.format()", "1:1-13 string.format expected at least 1 args, got 0"],
    ["string.format(true)", "1:15-18 true should be string, got bool"],
    ["string.to_upper(string.to_lower(true))", "1:33-36 true should be string, got bool"],
  ])("%s fails with %s", (expression, message) => {
    expect(failure(expression)).toBe(message);
  });

  it("trims in time linear in the text", () => {
    const inner = `a${" ".repeat(100_000)}b`;
    expect(valueOf("string.trim_space(text)", { ...names, text: ` ${inner} ` })).toBe(inner);
  });
});
