import { assert, jsonValue, property, uint8Array } from "fast-check";
import { textFromBytes } from "@flameline/syntax";
import { describe, expect, it } from "vitest";
import { formatValue, Uint64, type Value } from "../schema/index.ts";
import { failureOf, valueOf } from "../schema/testing/configuration.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { standardLibrary } from "./index.ts";
import { decodeJson, readQueriedJson } from "./json-messages.ts";
import { escapeQuery, unescapeQuery } from "./url-escape.ts";

const names = Object.fromEntries(standardLibrary);
const text = (expression: string): string => formatValue(valueOf(expression, names));
const failure = (work: () => unknown): string => failureOf(work).replace("ValueError: ", "");

describe("encoding.from_json", () => {
  it("reads what JavaScript reads, numbers as float64", () => {
    const plain = (value: Value): unknown => {
      if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]));
      return Array.isArray(value) ? value.map(plain) : value;
    };
    assert(
      property(jsonValue({ stringUnit: "grapheme-composite" }), (value) => {
        const written = JSON.stringify(value, undefined, 1);
        expect(plain(decodeJson(written))).toEqual(JSON.parse(written));
      }),
    );
  });

  it("keeps the last of equal keys and replaces what is no Unicode", () => {
    expect(text('encoding.from_json(`{"a": 1, "a": 2}`).a')).toBe("2");
    expect(decodeJson('"\\ud800\\udc00 \\udc80"')).toBe("𐀀 \ufffd");
    expect(decodeJson('"a\udcff"')).toBe("a\ufffd");
  });

  it.each([
    ["", "unexpected end of JSON input"],
    ["{", "unexpected end of JSON input"],
    ['{"a"', "unexpected end of JSON input"],
    ["[1,]", "invalid character ']' looking for beginning of value"],
    ["[1 2]", "invalid character '2' after array element"],
    ["{,}", "invalid character ',' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ["1 2", "invalid character '2' after top-level value"],
    ["01", "invalid character '1' after top-level value"],
    ["-x", "invalid character 'x' in numeric literal"],
    ["1.x", "invalid character 'x' after decimal point in numeric literal"],
    ["1e+x", "invalid character 'x' in exponent of numeric literal"],
    ["trux", "invalid character 'x' in literal true (expecting 'e')"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['"\\u12x4"', "invalid character 'x' in \\u hexadecimal character escape"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ["1e400", "json: cannot unmarshal number 1e400 into Go value of type float64"],
    ["[".repeat(600), "exceeded max depth"],
  ])("refuses %j", (json, message) => {
    expect(failure(() => decodeJson(json))).toBe(message);
  });

  it("is blamed itself", () => {
    expect(failureOf(() => valueOf('encoding.from_json("{")', names))).toBe("1:1-18 encoding.from_json unexpected end of JSON input");
  });
});

describe("JSON for queries", () => {
  it("keeps whole numbers exact", () => {
    expect(readQueriedJson("[9007199254740993, 18446744073709551615, 1.0, 1e2, 99999999999999999999]")).toEqual([
      9007199254740993n,
      new Uint64(18446744073709551615n),
      1,
      100,
      1e20,
    ]);
  });

  it.each([
    ["{", "incomplete JSON at 1:2"],
    ["[\n\n x]", "unexpected character 'x' at 3:2"],
    ["[1 2]", "expected a comma or close, not '2' at 1:4"],
    ['{"a" 1}', "expected a colon, not '1' at 1:6"],
    ["{a:1}", "expected a string start or object close, not 'a' at 1:2"],
    ['{"a":1,}', "expected a string start, not '}' at 1:8"],
    ["{} x", "extra characters after close, 'x' at 1:4"],
    ['"\\q"', "invalid JSON escape character '\\q' at 1:3"],
    ["-x", "invalid number at 1:2"],
  ])("refuses %j", (json, message) => {
    expect(failure(() => readQueriedJson(json))).toBe(message);
  });
});

describe("encoding.to_json", () => {
  it.each([
    ['encoding.to_json({b = 1.0, a = [1, null, "<x>&"], c = {z = true}})', '{"a":[1,null,"\\u003cx\\u003e\\u0026"],"b":1,"c":{"z":true}}'],
    ['encoding.to_json({a = "é\\u2028\\t\\"\\\\\\x01\\xff"})', '{"a":"é\\u2028\\t\\"\\\\\\u0001\ufffd"}'],
    ["encoding.to_json({a = 1e21, b = 1e-7, c = -0.0, d = 18446744073709551615})", '{"a":1e+21,"b":1e-7,"c":-0,"d":18446744073709551615}'],
    ['encoding.to_json({a = encoding.from_base64("SGk=")})', '{"a":[72,105]}'],
  ])("%s", (expression, json) => {
    expect(valueOf(expression, names)).toBe(json);
  });

  it.each([
    ["encoding.to_json([1])", "encoding.to_json jsonEncode only supports map"],
    ["encoding.to_json({a = [string.trim]})", "encoding.to_json json: unsupported type: func(string, string) string"],
    ["encoding.to_json({a = 1e308 * 10})", "encoding.to_json json: unsupported value: +Inf"],
  ])("%s fails", (expression, message) => {
    expect(failureOf(() => valueOf(expression, names))).toBe(`1:1-16 ${message}`);
  });
});

describe("base64", () => {
  it("gives back every text in both alphabets", () => {
    assert(
      property(uint8Array(), (bytes) => {
        for (const alphabet of ["base64", "base64url"] as const) {
          expect(decodeBase64(encodeBase64(textFromBytes(bytes), alphabet), alphabet)).toEqual(bytes);
        }
      }),
    );
  });

  it("is padded", () => {
    expect(text('encoding.to_base64("Hi?>~é")')).toBe('"SGk/Pn7DqQ=="');
    expect(text('encoding.to_URLbase64("Hi?>~é")')).toBe('"SGk_Pn7DqQ=="');
  });

  it.each([
    ["!!", 0],
    ["SGk", 0],
    ["SGk=x", 4],
    ["SG=k", 2],
    ["SA=", 3],
    ["A", 0],
    ["SGk=\nSGk=", 5],
    ["=", 0],
    ["AAAA-", 4],
  ])("names the first wrong byte of %j", (encoded, at) => {
    expect(failure(() => decodeBase64(encoded, "base64"))).toBe(`illegal base64 data at input byte ${at}`);
  });

  it("becomes a text only where one is expected", () => {
    expect(text('encoding.from_base64("SG\\nk=\\r\\n")')).toBe("[72, 105]");
    expect(text('string.to_upper(encoding.from_base64("SGk="))')).toBe('"HI"');
    expect(failureOf(() => valueOf('encoding.from_base64("SGk=") + "x"', names))).toContain(
      "should be one of [number string capsule] for binop +, got array",
    );
  });
});

describe("query escapes", () => {
  it("are those of forms", () => {
    expect(escapeQuery("a b/c~-_.*é&=+")).toBe("a+b%2Fc~-_.%2A%C3%A9%26%3D%2B");
    expect(unescapeQuery("a+b%2fc%C3%A9%ff")).toBe("a b/cé\udcff");
  });

  it("give back every text", () => {
    assert(
      property(uint8Array(), (bytes) => {
        const value = textFromBytes(bytes);
        expect(unescapeQuery(escapeQuery(value))).toBe(value);
      }),
    );
  });

  it.each([
    ["%", '"%"'],
    ["%4", '"%4"'],
    ["a%zzb", '"%zz"'],
  ])("refuse %j", (escaped, shown) => {
    expect(failure(() => unescapeQuery(escaped))).toBe(`invalid URL escape ${shown}`);
  });
});
