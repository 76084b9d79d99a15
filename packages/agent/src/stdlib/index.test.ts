import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { formatValue, FunctionValue, OptionalSecret, Secret } from "../schema/index.ts";
import { failureOf, type Names, valueOf } from "../schema/testing/configuration.ts";
import { createStandardLibrary, deprecatedFunctions, featureOf, standardLibrary } from "./index.ts";

const word = "s3cr3t-w0rd";
const names: Names = {
  ...Object.fromEntries(standardLibrary),
  sec: new Secret(word),
  opt: new OptionalSecret("plain", false),
  opts: new OptionalSecret(word, true),
};
const text = (expression: string): string => formatValue(valueOf(expression, names));
const failure = (expression: string): string => failureOf(() => valueOf(expression, names));

describe("sys.env", () => {
  it("reads the environment at each evaluation", () => {
    process.env["FLAMELINE_TEST_WORD"] = "one";
    expect(text('sys.env("FLAMELINE_TEST_WORD")')).toBe('"one"');
    process.env["FLAMELINE_TEST_WORD"] = "two";
    expect(text('env("FLAMELINE_TEST_" + "WORD")')).toBe('"two"');
    delete process.env["FLAMELINE_TEST_WORD"];
    expect(text('sys.env("FLAMELINE_TEST_WORD")')).toBe('""');
  });

  it.each(["constructor", "__proto__", "toString"])("knows no variable %s", (name) => {
    expect(text(`sys.env("${name}")`)).toBe('""');
  });

  it("takes one argument", () => {
    expect(failure("sys.env()")).toBe("1:1-7 sys.env expected 1 args, got 0");
    expect(failure('sys.env("A", "B")')).toBe("1:1-7 sys.env expected 1 args, got 2");
  });
});

describe("constants", () => {
  it.each([
    ["0.1.0", "v0.1.0"],
    ["v1.2.3-rc.1", "v1.2.3-rc.1"],
    ["", "v0.0.0"],
    ["main-abc", "main-abc"],
  ])("turn version %j into %s", (version, shown) => {
    expect(formatValue(valueOf("constants.version", Object.fromEntries(createStandardLibrary({ version }))))).toBe(`"${shown}"`);
  });

  it("name system and processor as Go does", () => {
    expect(text("constants.hostname")).toBe(`"${hostname()}"`);
    expect(text("constants.os")).toBe(process.platform === "win32" ? '"windows"' : `"${process.platform}"`);
    expect(text("constants.arch")).toMatch(/^"(amd64|arm64|386|[a-z0-9]+)"$/);
    expect(text('constants["nothing"]')).toBe("null");
  });
});

describe("coalesce", () => {
  it.each([
    ['coalesce("", 0, false, [], {}, null, "z")', '"z"'],
    ["coalesce({}, {a = 1})", "{\n\ta = 1,\n}"],
    ['coalesce("", 0)', "0"],
    ["coalesce()", "null"],
    ['coalesce(sec, "x")', "(secret)"],
    ["coalesce(0.0, 18446744073709551615)", "18446744073709551615"],
  ])("%s is %s", (expression, result) => {
    expect(text(expression)).toBe(result);
  });
});

describe("convert.nonsensitive", () => {
  it("is the one way from a secret to a text", () => {
    expect(text("convert.nonsensitive(sec)")).toBe(`"${word}"`);
    expect(text("nonsensitive(opts)")).toBe(`"${word}"`);
    expect(text('convert.nonsensitive("plain")')).toBe('"plain"');
    expect(failure("convert.nonsensitive(5)")).toBe("1:22-22 5 should be capsule, got number");
  });
});

describe("file.path_join", () => {
  it.each([
    ['file.path_join("a", "../b", "/c/")', '"b/c"'],
    ['file.path_join("a//b", "..", "..", "..")', '".."'],
    ['file.path_join("/a", "../..", "b")', '"/b"'],
    ['file.path_join("", "")', '""'],
    ["file.path_join()", '""'],
    ['file.path_join("a", "..")', '"."'],
  ])("%s is %s", (expression, result) => {
    expect(text(expression)).toBe(result);
  });
});

describe("secrets", () => {
  it.each([
    'string.format("%s", sec)',
    'string.format("%v %v", 1, [{a = opts}])',
    'string.format("%T", sec)',
    'string.format("x", sec)',
    'string.format("%d", opts)',
    "string.format(sec)",
    "encoding.to_json({a = sec})",
    "encoding.to_json({a = [{b = opts}]})",
    'string.join(["a", sec], "")',
    'string.join(["a"], sec)',
    "string.to_upper(sec)",
    'string.split(opts, "")',
    'string.replace("abc", "b", sec)',
    "encoding.to_base64(sec)",
    "encoding.from_json(sec)",
    "encoding.from_yaml(opts)",
    "encoding.url_encode(sec)",
    'json_path(sec, "$")',
    "file.path_join(sec)",
    "sys.env(sec)",
    'array.group_by([{a = sec}], "a", true)',
    "array.combine_maps([{a = 1}], [{a = 1}], [sec])",
    "array.concat(sec)",
    "{a = 1}[sec]",
  ])("%s fails and tells nothing", (expression) => {
    const message = failure(expression);
    expect(message).toMatch(/^1:/);
    expect(message).not.toContain(word);
  });

  it("are blamed where they stand", () => {
    expect(failure('string.format("%s %s", 1, [opt, sec])')).toBe("1:33-35 sec secrets may not be converted into strings");
    expect(failure("encoding.to_json({a = [1, sec]})")).toBe("1:27-29 sec secrets may not be converted into strings");
  });

  it("stay secrets in what passes values on", () => {
    expect(text("array.concat([sec], [opts])")).toBe("[(secret), (secret)]");
    expect(text('array.combine_maps([{i = "1", t = sec}], [{i = "1"}], ["i"])')).toContain("(secret)");
    expect(text('array.combine_maps([{i = sec}], [{i = sec}], ["i"])')).toContain("(secret)");
  });

  it("are ordinary texts when they are none", () => {
    expect(text('string.format("%s %T", opt, opt)')).toBe('"plain string"');
    expect(text("encoding.to_json({a = opt})")).toBe('"{\\"a\\":\\"plain\\"}"');
  });
});

describe("the library", () => {
  it("has nothing but what the reference has", () => {
    const members = [...standardLibrary].flatMap(([name, value]) =>
      value instanceof Map ? [...value.keys()].map((key) => `${name}.${String(key)}`) : [name],
    );
    expect(members.filter((name) => !deprecatedFunctions.has(name)).join(" ")).toBe(
      [
        "array.combine_maps array.concat array.group_by coalesce constants.arch",
        "constants.hostname constants.os constants.version convert.nonsensitive encoding.from_URLbase64",
        "encoding.from_base64 encoding.from_json encoding.from_yaml encoding.to_URLbase64 encoding.to_base64",
        "encoding.to_json encoding.url_decode encoding.url_encode file.path_join json_path",
        "string.format string.join string.replace string.split string.to_lower",
        "string.to_upper string.trim string.trim_prefix string.trim_space string.trim_suffix",
        "sys.env",
      ].join(" "),
    );
  });

  it("knows former names, each of which works", () => {
    expect([...deprecatedFunctions].join(" ")).toBe(
      "env nonsensitive concat json_decode yaml_decode base64_decode format join replace split to_lower to_upper trim trim_prefix trim_suffix trim_space",
    );
    for (const name of deprecatedFunctions) expect(standardLibrary.get(name)).toBeInstanceOf(FunctionValue);
  });

  it("says which functions have to be allowed", () => {
    expect(featureOf("array.combine_maps")).toEqual({ stability: "experimental" });
    expect(featureOf("array.group_by")).toEqual({ stability: "experimental" });
    expect(featureOf("array.concat")).toBeUndefined();
  });
});
