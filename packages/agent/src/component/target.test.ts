import { Labels } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import { equalValues, OptionalSecret, renderValue, Secret, type Value } from "../schema/index.ts";
import { failureOf, valueOf } from "../schema/testing/configuration.ts";
import { profileReceiver } from "./capsules.ts";
import { Target, target, targets } from "./target.ts";

const record = (value: Value): Record<string, string> => target.decode(value).labels.toRecord();
const failure = (value: Value): string => failureOf(() => target.decode(value));

describe("target", () => {
  it("is made of an object, numbers and bools as Go prints them", () => {
    const written = '{"__address__" = "a:1", n = 5, f = 1.5, big = 1e6, yes = true, ü = "é"}';
    expect(record(valueOf(written))).toEqual({ __address__: "a:1", n: "5", f: "1.5", big: "1e+06", yes: "true", ü: "é" });
  });

  it("takes optional secrets that are none and byte arrays as their text", () => {
    const value = new Map<string, Value>([
      ["file", new OptionalSecret("x\n", false)],
      ["bytes", Uint8Array.of(72, 105)],
    ]);
    expect(record(value)).toEqual({ file: "x\n", bytes: "Hi" });
  });

  it("shows what has no value, which is no label", () => {
    const given = target.decode(valueOf('{b = "", a = "1"}'));
    expect(given.labels.toRecord()).toEqual({ a: "1" });
    expect([...given.members()]).toEqual([
      ["a", "1"],
      ["b", ""],
    ]);
    expect(given.equals(Target.of({ a: "1" }))).toBe(false);
    expect(given.equals(target.decode(valueOf('{a = "1", b = ""}')))).toBe(true);
  });

  it("passes targets on and takes null for an empty one", () => {
    const given = Target.of({ a: "1" });
    expect(target.decode(given)).toBe(given);
    expect(target.decode(null).labels).toBe(Labels.empty);
    expect(targets.decode([given, null])).toEqual([given, Target.empty]);
    expect(target.decode(target.encode(given))).toBe(given);
  });

  it.each<[Value, string]>([
    [1n, "ValueError: target::ConvertFrom: conversion from 'int64' is not supported"],
    [1.5, "ValueError: target::ConvertFrom: conversion from 'float64' is not supported"],
    ["x", "ValueError: target::ConvertFrom: conversion from 'string' is not supported"],
    [[new Map()], "ValueError: target::ConvertFrom: conversion from '[]value.Value' is not supported"],
    [new Secret("x"), "ValueError: target::ConvertFrom: conversion from 'alloytypes.Secret' is not supported"],
    [new Map([["a", null]]), "ValueError: target::ConvertFrom: cannot convert a nil value to a target value"],
    [new Map([["a", new Secret("s3cr3t")]]), "ValueError: target::ConvertFrom: cannot use a secret as a target value"],
    [new Map([["a", new OptionalSecret("s3cr3t", true)]]), "ValueError: target::ConvertFrom: cannot use a secret as a target value"],
    [new Map([["a", []]]), "ValueError: target::ConvertFrom: cannot use an array as a target value"],
    [new Map([["a", new Map()]]), "ValueError: target::ConvertFrom: cannot use an object as a target value"],
    [new Map([["a", Target.empty]]), "ValueError: target::ConvertFrom: cannot use a capsule as a target value"],
  ])("refuses %s", (value, message) => {
    expect(failure(value)).toBe(message);
  });

  it("takes lists of other components' targets among them, but no other lists", () => {
    const one = Target.of({ a: "1" });
    const two = Target.of({ a: "2" });
    expect(targets.decode([[one, two], one, []])).toEqual([one, two, one]);
    expect(failureOf(() => targets.decode([[new Map([["a", "1"]])]]))).toContain("conversion from '[]value.Value' is not supported");
    expect(failureOf(() => targets.decode([[[one]]]))).toContain("is not supported");
  });

  it("is used like an object", () => {
    const names = { t: Target.of({ a: "1", b: "2" }) };
    expect(valueOf("t.a", names)).toBe("1");
    expect(valueOf('t["b"]', names)).toBe("2");
    expect(valueOf('t["nope"]', names)).toBeNull();
    expect(failureOf(() => valueOf("t.nope", names))).toBe('1:3-6 field "nope" does not exist');
    expect(valueOf('t == {a = "1", b = "2"}', names)).toBe(true);
    expect(valueOf('{a = "1"} == t', names)).toBe(false);
    expect(renderValue(names.t)).toEqual({
      type: "object",
      value: [
        { key: "a", value: { type: "string", value: "1" } },
        { key: "b", value: { type: "string", value: "2" } },
      ],
    });
  });

  it("equals a target with the same labels", () => {
    expect(equalValues(Target.of({ a: "1", b: "2" }), Target.of({ b: "2", a: "1" }))).toBe(true);
    expect(equalValues([Target.of({ a: "1" })], [Target.of({ a: "2" })])).toBe(false);
  });

  it("is no receiver", () => {
    const receiver = profileReceiver.encode({ append: () => Promise.resolve() });
    expect(failure(receiver)).toBe("ValueError: target::ConvertFrom: conversion from 'pyroscope.Appendable' is not supported");
  });
});
