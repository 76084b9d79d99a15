import { Labels } from "@flameline/profile";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TargetPublisher } from "./target-publisher.ts";

const group = (source: string, ...addresses: readonly string[]) => ({
  source,
  targets: addresses.map((address) => Labels.of({ __address__: address })),
});

describe("TargetPublisher", () => {
  let exported: string[];
  let publisher: TargetPublisher;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    exported = [];
    publisher = new TargetPublisher((targets) => exported.push(targets.map(({ labels }) => labels.get("__address__")).join()), 5000);
    publisher.begin();
  });
  afterEach(() => {
    publisher.stop();
    vi.useRealTimers();
  });

  it("exports the first targets at once and what comes within the gap together", () => {
    publisher.publish([group("a", "1")]);
    expect(exported).toEqual(["1"]);
    publisher.publish([group("b", "2")]);
    vi.advanceTimersByTime(1000);
    publisher.publish([group("c", "3")]);
    expect(exported).toEqual(["1"]);
    vi.advanceTimersByTime(4000);
    expect(exported).toEqual(["1", "1,2,3"]);
  });

  it("exports at once again when the gap has passed", () => {
    publisher.publish([group("a", "1")]);
    vi.advanceTimersByTime(6000);
    publisher.publish([group("a", "2")]);
    expect(exported).toEqual(["1", "2"]);
  });

  it("exports nothing that has not changed", () => {
    publisher.publish([group("a", "1")]);
    publisher.publish([group("a", "1")]);
    vi.advanceTimersByTime(20_000);
    expect(exported).toEqual(["1"]);
  });

  it("exports that there are none after one gap, and the first ones at once after that", () => {
    vi.advanceTimersByTime(4999);
    expect(exported).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(exported).toEqual([""]);
  });

  it("forgets what another discoverer found, and lets its targets stand until there are others", () => {
    publisher.publish([group("a", "1")]);
    publisher.stop();
    publisher.begin();
    expect(exported).toEqual(["1"]);
    publisher.publish([group("b", "2")]);
    expect(exported).toEqual(["1", "2"]);
  });

  it("is silent once stopped", () => {
    publisher.publish([group("a", "1")]);
    publisher.publish([group("a", "2")]);
    publisher.stop();
    vi.advanceTimersByTime(20_000);
    expect(exported).toEqual(["1"]);
  });
});
