import { maxNesting } from "@flameline/syntax";
import { describe, expect, it } from "vitest";
import { formatValue } from "./format-value.ts";
import { OptionalSecret, Secret } from "./secret.ts";
import { failureOf, type Names, valueOf } from "./testing/configuration.ts";
import { FunctionValue, Uint64, type Value, ValueError } from "./value.ts";

const shout = new FunctionValue("shout", ([text = null]) => {
  if (typeof text !== "string") throw new ValueError("takes a string", [], 0);
  if (text === "") throw new ValueError("has nothing to shout");
  return text.toUpperCase();
});
const names: Names = {
  sec: new Secret("s3cr3t"),
  opt: new OptionalSecret("plain", false),
  opts: new OptionalSecret("hid", true),
  shout,
  nothing: null,
};

const text = (expression: string): string => formatValue(valueOf(expression, names));
const failure = (expression: string): string => failureOf(() => valueOf(expression, names));

describe("number literals", () => {
  it.each<[string, Value]>([
    ["7", 7n],
    ["9223372036854775807", 9223372036854775807n],
    ["9223372036854775808", new Uint64(9223372036854775808n)],
    ["18446744073709551616", 18446744073709551616],
    ["1.5", 1.5],
    ["1e3", 1000],
    [".5", 0.5],
  ])("%s has the narrowest kind that holds it", (written, value) => {
    expect(valueOf(written)).toEqual(value);
  });

  it("reads a leading zero as octal where the digits allow it", () => {
    expect(valueOf("017")).toBe(15n);
    expect(valueOf("00")).toBe(0n);
    expect(valueOf("08")).toBe(8n);
  });

  it("blames a literal beyond float64", () => {
    expect(failure("[1, 1e400]")).toBe("1:5-9 1e400 value out of range");
  });
});

describe("operators", () => {
  it.each([
    ["-2 ^ 2", "4"],
    ["2 ^ 3 ^ 2", "512"],
    ["2 ^ -1", "0.5"],
    ["-7 % 3", "-1"],
    ["7 / 2", "3"],
    ["7 / 2.0", "3.5"],
    ["9223372036854775807 + 1", "-9223372036854775808"],
    ["18446744073709551615 + 0.0", "18446744073709552000"],
    ["0 - 18446744073709551615", "1"],
    ["18446744073709551615 + 18446744073709551615", "18446744073709551614"],
    ["-(-0.0)", "0"],
    ["-0.0", "-0"],
    ['"a" + "b"', '"ab"'],
    ['"\\xc3" + "\\xa9"', '"é"'],
    ["1 + 2 == 3 && true || false", "true"],
    ["!true || true", "true"],
    ['"Z" < "a"', "true"],
    ['"\\uffff" < "\\U0001F600"', "true"],
    ['"é" > "\\xff"', "false"],
    ["2.5 >= 2", "true"],
  ])("%s gives %s", (expression, result) => {
    expect(text(expression)).toBe(result);
  });

  it.each([
    ['"a" + 1', "1:7-7 1 should be string, got number"],
    ["1 + true", "1:5-8 true should be one of [number string capsule] for binop +, got bool"],
    ['"a" * 2', '1:1-3 "a" should be one of [number] for binop *, got string'],
    ['true || "x"', '1:9-11 "x" should be one of [bool] for binop ||, got string'],
    ["true < false", "1:1-4 true should be one of [number string] for binop <, got bool"],
    ['1 < "a"', '1:5-7 "a" should be number, got string'],
    ["-true", "1:2-5 true should be number, got bool"],
    ["!null", "1:2-5 null should be bool, got null"],
    ["1 % 0", "1:5-5 0 divide by zero error"],
    ["5 / 0.0", "1:5-7 0.0 divide by zero error"],
    ["0 ^ -1", "1:1-1 0 divide by zero error"],
  ])("%s fails with %s", (expression, message) => {
    expect(failure(expression)).toBe(message);
  });

  it("evaluates both sides, whatever the left one is", () => {
    expect(failure("false && foo.bar")).toBe('1:10-12 identifier "foo" does not exist');
  });
});

describe("equality", () => {
  it.each([
    ["3 == 3.0", true],
    ["18446744073709551615 == -1", true],
    ['1 == "1"', false],
    ["null == null", true],
    ["null == 0", false],
    ['{a = 1} == {"a" = 1.0}', true],
    ["{a = 1} == {a = 1, b = null}", false],
    ["[1, 2] == [2, 1]", false],
    ["[[1], {}] == [[1], {}]", true],
    ["shout == shout", false],
    ["[1] != [2]", true],
    ['sec == "s3cr3t"', true],
    ['"s3cr3t" == sec', true],
    ['sec == "other"', false],
    ['opt == "plain"', true],
    ["sec == 1", false],
  ])("%s is %s", (expression, result) => {
    expect(valueOf(expression, names)).toBe(result);
  });
});

describe("members", () => {
  it.each([
    ["[1, 2, 3][1.9]", "2"],
    ["[1][-0.5]", "1"],
    ['{a = 1}["zz"]', "null"],
    ["{a = [10, 20]}.a[1]", "20"],
    ["{a = 1, a = 2}.a", "2"],
    ["bytes[1]", "105"],
  ])("%s gives %s", (expression, result) => {
    expect(formatValue(valueOf(expression, { bytes: Uint8Array.of(72, 105) }))).toBe(result);
  });

  it.each([
    ["[1][5]", "1:5-5 5 index 5 is out of range of array with length 1"],
    ["[1, 2, 3][-1]", "1:11-12 -1 index -1 is out of range of array with length 3"],
    ['[1]["a"]', '1:5-7 "a" should be number, got string'],
    ["{a = 1}[0]", "1:9-9 0 should be string, got number"],
    ["{a = 1}.zz", '1:9-10 field "zz" does not exist'],
    ["(5).foo", '1:1-3 (5) cannot access field "foo" on value of type number'],
    ["null.x", '1:1-4 null cannot access field "x" on value of type null'],
    ['"abc"[0]', '1:1-5 "abc" expected object or array, got string'],
    ["sec.x", "1:1-3 sec expected object or array or a capsule convertible to an object, got capsule"],
    ["nope", '1:1-4 identifier "nope" does not exist'],
  ])("%s fails with %s", (expression, message) => {
    expect(failure(expression)).toBe(message);
  });

  it("knows names whose value is null", () => {
    expect(valueOf("nothing", names)).toBeNull();
  });
});

describe("calls", () => {
  it("gives the function's result", () => {
    expect(text('shout("a")')).toBe('"A"');
  });

  it("blames the argument that the function blames, else the function", () => {
    expect(failure("shout([1])")).toBe("1:7-9 [1] takes a string");
    expect(failure('shout("")')).toBe("1:1-5 shout has nothing to shout");
    expect(failure("5()")).toBe("1:1-1 5 should be function, got number");
    expect(failure('"s"()')).toBe('1:1-3 "s" should be function, got string');
  });
});

describe("secrets", () => {
  it.each([
    ['sec + "x"', "(secret)"],
    ['"x" + sec', "(secret)"],
    ["sec + sec", "(secret)"],
    ["opt + sec", "(secret)"],
    ['"x" + opts', "(secret)"],
    ['opt + "x"', '"plainx"'],
    ["opt + opt", '"plainplain"'],
  ])("%s shows as %s", (expression, result) => {
    expect(text(expression)).toBe(result);
  });

  it("keeps the joined text", () => {
    const joined = valueOf('sec + "x"', names);
    expect(joined instanceof Secret && joined.reveal()).toBe("s3cr3tx");
  });

  it("takes no other kinds and has no order", () => {
    expect(failure("sec + 5")).toBe("1:7-7 5 should be capsule, got number");
    expect(failure('sec < "x"')).toBe("1:1-3 sec should be one of [number string] for binop <, got capsule");
  });
});

describe("depth", () => {
  it("bears what the parser lets through", () => {
    const depth = maxNesting - 10;
    expect(valueOf(`${"(".repeat(depth)}1${")".repeat(depth)}`)).toBe(1n);
    expect(valueOf(`0${" + 1".repeat(depth)}`)).toBe(BigInt(depth));
    expect(formatValue(valueOf(`${"[".repeat(depth)}${"]".repeat(depth)}`))).toHaveLength(2 * depth);
  });
});
