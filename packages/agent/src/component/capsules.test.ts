import { describe, expect, it } from "vitest";
import { equalValues, renderValue, Secret, type Value } from "../schema/index.ts";
import { failureOf } from "../schema/testing/configuration.ts";
import { profileReceiver, receivers } from "./capsules.ts";
import type { ProfileReceiver } from "./receiver.ts";
import { Target } from "./target.ts";

const makeReceiver = (): ProfileReceiver => ({ append: () => Promise.resolve() });

describe("profileReceiver", () => {
  it("passes a receiver through the language", () => {
    const receiver = makeReceiver();
    expect(profileReceiver.decode(profileReceiver.encode(receiver))).toBe(receiver);
    expect(profileReceiver.decode(profileReceiver.encode(null))).toBeNull();
    expect(renderValue(profileReceiver.encode(receiver))).toEqual({ type: "capsule", value: 'capsule("pyroscope.Appendable")' });
  });

  it("equals itself and no other receiver", () => {
    const receiver = makeReceiver();
    expect(equalValues(profileReceiver.encode(receiver), profileReceiver.encode(receiver))).toBe(true);
    expect(equalValues(profileReceiver.encode(receiver), profileReceiver.encode(makeReceiver()))).toBe(false);
  });

  it.each<[Value, string]>([
    [1n, "ValueError: should be capsule, got number"],
    [new Map(), "ValueError: should be capsule, got object"],
    [Target.empty, 'ValueError: expected capsule("pyroscope.Appendable"), got capsule("discovery.Target")'],
    [new Secret("s3cr3t"), 'ValueError: expected capsule("pyroscope.Appendable"), got capsule("alloytypes.Secret")'],
  ])("refuses %s", (value, message) => {
    expect(failureOf(() => profileReceiver.decode(value))).toBe(message);
  });
});

describe("receivers", () => {
  it("leaves out receivers that do not exist yet", () => {
    const receiver = makeReceiver();
    expect(receivers.decode([null, profileReceiver.encode(receiver), null])).toEqual([receiver]);
    expect(receivers.decode(null)).toEqual([]);
    expect(receivers.encode([receiver])).toHaveLength(1);
  });

  it("blames the element that is none", () => {
    expect(failureOf(() => receivers.decode("x"))).toBe("ValueError: should be array, got string");
    expect(failureOf(() => receivers.decode([null, 1n]))).toBe("ValueError: should be capsule, got number");
  });
});
