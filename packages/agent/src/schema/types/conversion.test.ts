import { describe, expect, it } from "vitest";
import { OptionalSecret, Secret } from "../secret.ts";
import type { Type } from "../type.ts";
import { Capsule, FunctionValue, Uint64, type Value, ValueError } from "../value.ts";
import { any } from "./any.ts";
import { bool } from "./bool.ts";
import { capsule } from "./capsule.ts";
import { duration } from "./duration.ts";
import { enumeration } from "./enumeration.ts";
import { list } from "./list.ts";
import { map } from "./map.ts";
import { nullable } from "./nullable.ts";
import { float, int, uint64 } from "./numbers.ts";
import { optionalSecret, secret } from "./secrets.ts";
import { string } from "./string.ts";
import { text } from "./text.ts";

class Box extends Capsule {
  override readonly typeName = "test.Box";
  readonly content: string;

  constructor(content: string) {
    super();
    this.content = content;
  }

  override equals(other: Value): boolean {
    return other instanceof Box && other.content === this.content;
  }

  override members(): ReadonlyMap<string, Value> {
    return new Map([["content", this.content]]);
  }
}

const box: Type<string> = capsule({
  doc: "box",
  typeName: "test.Box",
  zero: () => "",
  unwrap: (value) => (value instanceof Box ? value.content : undefined),
  wrap: (content) => new Box(content),
});
const hidden = new Secret("hidden");
const plain = new OptionalSecret("plain", false);
const flagged = new OptionalSecret("flagged", true);
const noop = new FunctionValue("noop", () => null);

function failure(type: Type<unknown>, value: Value): string {
  try {
    return `no failure: ${String(type.decode(value))}`;
  } catch (error) {
    return error instanceof ValueError ? `${JSON.stringify(error.path)} ${error.message}` : String(error);
  }
}

describe("what becomes what", () => {
  it.each<[string, Type<unknown>, Value, unknown]>([
    ["a string", string, "x", "x"],
    ["a whole number as digits", string, 5n, "5"],
    ["a large float without exponent", string, 1e21, "1000000000000000000000"],
    ["minus zero", string, -0, "-0"],
    ["bytes as their text", string, Uint8Array.of(0xc3, 0xa9, 0xff), "é\udcff"],
    ["an optional secret that is none", string, plain, "plain"],
    ["a bool", bool, true, true],
    ["a number", int, 5n, 5],
    ["a float without its fraction", int, 5.9, 5],
    ["a negative float without its fraction", int, -5.9, -5],
    ["digits", int, "5", 5],
    ["a float's digits", int, "5.7", 5],
    ["digits above int64, wrapping around", int, "9999999999999999999", Number(-8446744073709551617n)],
    ["uint64, wrapping around", int, new Uint64((1n << 64n) - 1n), -1],
    ["a negative number as uint64", uint64, -1n, (1n << 64n) - 1n],
    ["a negative text as uint64", uint64, "-1", (1n << 64n) - 1n],
    ["what no int64 holds", int, 1e300, -(2 ** 63)],
    ["a whole number as float", float, 5n, 5],
    ["digits as float", float, "1e3", 1000],
    ["a duration", duration, "1m30s", 90_000],
    ["zero without unit", duration, 0n, 0],
    ["an array, element by element", list(string), ["a", 5n, null], ["a", "5", ""]],
    ["bytes as numbers", list(int), Uint8Array.of(72), [72]],
    ["an object, value by value", map(int), new Map([["a", "5"]]), new Map([["a", 5]])],
    ["a capsule with members as a map", map(string), new Box("x"), new Map([["content", "x"]])],
    ["a capsule of the same type", box, new Box("x"), "x"],
    ["anything", any, noop, noop],
  ])("%s", (_, type, value, decoded) => {
    expect(type.decode(value)).toEqual(decoded);
  });

  it("gives secrets from strings and from other secrets", () => {
    expect(secret.decode("x").reveal()).toBe("x");
    expect(secret.decode(flagged).reveal()).toBe("flagged");
    expect(optionalSecret.decode("x").isSecret).toBe(false);
    expect(optionalSecret.decode(hidden).isSecret).toBe(true);
  });
});

describe("null", () => {
  it.each<[Type<unknown>, unknown]>([
    [string, ""],
    [bool, false],
    [int, 0],
    [uint64, 0n],
    [float, 0],
    [duration, 0],
    [list(string), []],
    [map(string), new Map()],
    [box, ""],
    [any, null],
    [nullable(int), null],
    [enumeration(["up", "down"]), "up"],
  ])("is the zero of $doc", (type, zero) => {
    expect(type.decode(null)).toEqual(zero);
    expect(type.zero()).toEqual(zero);
  });
});

describe("what fails", () => {
  it.each<[Type<unknown>, Value, string]>([
    [string, true, "[] should be string, got bool"],
    [string, [], "[] should be string, got array"],
    [string, new Box("x"), "[] should be string, got capsule"],
    [string, hidden, "[] secrets may not be converted into strings"],
    [string, flagged, "[] secrets may not be converted into strings"],
    [bool, "true", "[] should be bool, got string"],
    [bool, 1n, "[] should be bool, got number"],
    [int, "", "[] should be number, got string"],
    [int, "-5.5", "[] should be number, got string"],
    [int, true, "[] should be number, got bool"],
    [duration, 5n, '[] time: missing unit in duration "5"'],
    [duration, false, "[] should be string, got bool"],
    [list(string), "x", "[] should be array, got string"],
    [list(list(string)), [[], ["a", noop]], "[1,1] should be string, got function"],
    [map(list(int)), new Map([["k", ["x"]]]), '["k",0] should be number, got string'],
    [map(string), [], "[] should be object, got array"],
    [secret, 5n, "[] should be capsule, got number"],
    [secret, new Box("x"), '[] expected capsule("alloytypes.Secret"), got capsule("test.Box")'],
    [optionalSecret, [], "[] should be capsule, got array"],
    [box, "x", "[] should be capsule, got string"],
    [box, hidden, '[] expected capsule("test.Box"), got capsule("alloytypes.Secret")'],
    [enumeration(["up", "down"]), "left", '[] unrecognized value "left", must be one of "up", "down"'],
    [enumeration(["up"], { refuse: (word) => `no way ${word}` }), "left", "[] no way left"],
  ])("$doc refuses %s", (type, value, message) => {
    expect(failure(type, value)).toBe(message);
  });
});

describe("text", () => {
  const port = text({
    doc: "port",
    zero: 0,
    parse(written) {
      if (!/^\d+$/.test(written)) throw new Error(`"${written}" is no port`);
      return Number(written);
    },
    format: String,
  });

  it("has a grammar of its own, with its own messages", () => {
    expect(port.decode("80")).toBe(80);
    expect(port.decode(80n)).toBe(80);
    expect(failure(port, "x")).toBe('[] "x" is no port');
    expect(failure(port, hidden)).toBe("[] secrets may not be converted into strings");
  });
});

describe("encode", () => {
  it.each<[Type<unknown>, Value]>([
    [string, "x"],
    [bool, true],
    [int, -5n],
    [uint64, new Uint64(1n << 63n)],
    [float, 1.5],
    [duration, "1m30s"],
    [list(map(string)), [new Map([["a", "b"]])]],
    [box, new Box("x")],
    [nullable(string), null],
    [any, noop],
  ])("$doc is the inverse of decode", (type, value) => {
    expect(type.encode(type.decode(value))).toEqual(value);
  });
});
