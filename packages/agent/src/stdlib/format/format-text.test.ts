import { anything, array, assert, constantFrom, property, string as anyString } from "fast-check";
import { describe, expect, it } from "vitest";
import { Capsule, FunctionValue, Uint64, type Value } from "../../schema/index.ts";
import { formatText } from "./format-text.ts";

describe("verbs", () => {
  it.each<[string, readonly Value[], string]>([
    ["%d|%5d|%-5d|%05d|%+d|% d", [42n, 42n, 42n, 42n, 42n, 42n], "42|   42|42   |00042|+42| 42"],
    ["%x|%X|%#x|%o|%#o|%O|%b|%#b", [255n, 255n, 255n, 8n, 8n, 8n, 5n, 5n], "ff|FF|0xff|10|010|0o10|101|0b101"],
    ["%.3d|%8.3d|%-8.3d|%08.3d|%.0d", [7n, -7n, 7n, 7n, 0n], "007|    -007|007     |     007|"],
    ["%c|%q|%U|%#U|%q|%+q", [65n, 65n, 128512n, 233n, 39n, 233n], "A|'A'|U+1F600|U+00E9 'é'|'\\''|'\\u00e9'"],
    ["%s|%10s|%-10s|%.2s|%05s", ["r", "r", "l", "trunc", "z"], "r|         r|l         |tr|0000z"],
    ["%q|%#q|%+q|%x|% x|%#x|%# X", ['a"b', "a b", "é", "é", "hex", "é", "é"], '"a\\"b"|`a b`|"\\u00e9"|c3a9|68 65 78|0xc3a9|0XC3 0XA9'],
    ["%f|%.1f|%6.2f|%06.1f|%+.0f|%F", [1.5, 2.25, 99.5, -2.5, 0.5, 1e21], "1.500000|2.2| 99.50|-002.5|+0|1000000000000000000000.000000"],
    ["%e|%.0e|%E|%g|%.3g|%G", [1234.5678, 2.5, 1e-7, 1e6, 1234.5678, 1e-5], "1.234568e+03|2e+00|1.000000E-07|1e+06|1.23e+03|1E-05"],
    ["%.3g|%.10g|%g|%.0g", [0.0001, 100000, 123456, 9.99], "0.0001|100000|123456|1e+01"],
    ["%v|%f|%08.1f", [Infinity, Number.NaN, -Infinity], "+Inf|NaN|    -Inf"],
    ["%t|%6t|%v", [true, false, true], "true| false|true"],
    ["%v|%v|%v|%v", [null, 1.0, new Uint64((1n << 64n) - 1n), "x"], "<nil>|1|18446744073709551615|x"],
    [
      "%v|%d|%s",
      [
        [1n, [true, null]],
        [1n, 2n],
        [1n, "x"],
      ],
      "[1 [true <nil>]]|[1 2]|[%!s(int=1) x]",
    ],
    [
      "%v|%d",
      [
        new Map<string, Value>([
          ["b", 1n],
          ["a", "x"],
        ]),
        new Map([["a", 1n]]),
      ],
      "map[a:x b:1]|map[%!d(string=a):1]",
    ],
    ["%#v|%#v|%#v", ["x", [1n, null], new Map([["a", 1.5]])], '"x"|[]interface {}{1, interface {}(nil)}|map[string]interface {}{"a":1.5}'],
    ["%T %T %T %T %T %T", [1n, 1.5, "x", null, [], new Map()], "int float64 string <nil> []interface {} map[string]interface {}"],
    ["%v %s", [Uint8Array.of(72, 105), new FunctionValue("f", () => null)], "[72 105] function"],
    ["100%%", [], "100%"],
  ])("%s", (format, args, text) => {
    expect(formatText(format, args)).toBe(text);
  });

  it("treats capsules with members as objects and names the others", () => {
    class Plain extends Capsule {
      override readonly typeName: string = "test.Plain";
      override equals(): boolean {
        return false;
      }
    }
    class Labelled extends Plain {
      override members(): ReadonlyMap<string, Value> {
        return new Map([["a", "1"]]);
      }
    }
    expect(formatText("%v %v", [new Labelled(), new Plain()])).toBe('map[a:1] capsule("test.Plain")');
  });
});

describe("mistakes", () => {
  it.each<[string, readonly Value[], string]>([
    ["%d", ["x"], "%!d(string=x)"],
    ["%d", [1.5], "%!d(float64=1.5)"],
    ["%s", [null], "%!s(<nil>)"],
    ["%z %w", [1n, "x"], "%!z(int=1) %!w(string=x)"],
    ["%d %d", [1n], "1 %!d(MISSING)"],
    ["x", [1n, null, "s"], "x%!(EXTRA int=1, <nil>, string=s)"],
    ["%", [], "%!(NOVERB)"],
    ["%5", [], "%!(NOVERB)"],
    ["%*d|%-*d|%.*f", [5n, 42n, 5n, 42n, 1n, 2.55], "   42|42   |2.5"],
    ["%*d", ["x", 1n], "%!(BADWIDTH)1"],
    ["%.*d", [-1n, 1n], "%!(BADPREC)1"],
    ["%[2]s %[1]s", ["a", "b"], "b a"],
    ["%[3]d", [1n], "%!d(BADINDEX)"],
    ["%[x]d", [1n], "%!d(BADINDEX)"],
    ["%[2]*[1]d", [7n, 4n], "   7"],
    ["%9999999d", [1n], "%!(NOVERB)%!(EXTRA int=1)"],
  ])("show in the text of %s", (format, args, text) => {
    expect(formatText(format, args)).toBe(text);
  });

  it("never make it fail", () => {
    const value = constantFrom<Value>(null, true, 1n, -1.5, "é", [1n], new Map([["k", null]]), new Uint64(1n));
    assert(
      property(
        anyString({ unit: constantFrom(...Array.from("%[]*.#+- 0123456789svdqxXoObcUteEfFgGTw|é")) }),
        array(value),
        (format, args) => {
          expect(typeof formatText(format, args)).toBe("string");
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("floats", () => {
  it("with a precision agree with JavaScript, where no half is rounded", () => {
    assert(
      property(anything({ values: [constantFrom(1 / 3, 1e15 / 7, 2 ** -30 / 3, 123_456.789, 1e300 / 7)] }), (value) => {
        if (typeof value !== "number") return;
        expect(formatText("%.5e", [value])).toBe(value.toExponential(5).replace(/e([+-])(\d)$/, "e$10$2"));
        if (value < 1e21) expect(formatText("%.7f", [value])).toBe(value.toFixed(7));
      }),
    );
  });
});
