import { gunzipSync, gzipSync } from "node:zlib";
import { encodeProfile, isGzip, Labels, type ProfileSample } from "@flameline/profile";
import { parse, Source } from "@flameline/syntax";
import { describe, expect, it } from "vitest";
import { refusals } from "../../../../../profile/src/testing/acceptance.ts";
import { totalOf } from "../../../../../profile/src/testing/arbitrary-pprof.ts";
import { decodePprof } from "../../../../../profile/src/testing/pprof-messages.ts";
import { DeliveryError } from "../../../component/receiver.ts";
import { MetricsRegistry } from "../../../metrics/registry.ts";
import { decodeBody, Scope } from "../../../schema/index.ts";
import { repairBlock, repairSettings } from "./arguments.ts";
import { createRepairCounters } from "./repair-metrics.ts";
import { mayBeRepaired, Repairer } from "./repairer.ts";

const now = Date.UTC(2026, 0, 2);
const good = Labels.of({ __name__: "process_cpu", service_name: "app" });

function repairer(body = ""): Repairer {
  const { file } = parse(new Source("test", body));
  if (file === undefined) throw new Error("not parsed");
  return new Repairer(repairSettings(decodeBody(repairBlock, file.body, new Scope(new Map()))));
}

function pprofOf(samples: readonly ProfileSample[], timeMs = now): Uint8Array {
  return encodeProfile({ sampleTypes: [{ type: "cpu", unit: "nanoseconds" }], timeMs, durationMs: 1000, samples });
}

const stack = [{ function: "main", file: "main.go", functionLine: 1, line: 2 }];
const healthy = pprofOf([{ stack, values: [5], labels: { thread: "1" } }]);
const large = pprofOf(
  Array.from({ length: 20_000 }, (_, index) => ({ stack, values: [1], labels: { thread: `${index}${"x".repeat(100)}` } })),
);
const poisoned = pprofOf([{ stack, values: [5], labels: { "http route": "/" } }], 1000);

describe("Repairer", () => {
  it.each([false, true])("hands a healthy profile on as it is (refused: %s)", (refused) => {
    const data = gzipSync(healthy);
    const { profiles, kinds } = repairer().repair(good, data, { refused, now });
    expect([profiles.length, profiles[0]?.labels, profiles[0]?.data, kinds]).toEqual([1, good, data, []]);
    expect(profiles[0]?.data).toBe(data);
  });

  it("mends labels before anything is sent, and gives equal labels equal results", () => {
    const labels = Labels.of({ __name__: "process_cpu", "a-b": "1", host: "\udcff" });
    const one = repairer();
    const results = [1, 2].map(() => one.repair(labels, healthy, { refused: false, now }));
    expect(results[0]?.profiles[0]?.labels.toRecord()).toEqual({ __name__: "process_cpu", a_b: "1", host: "\ufffd" });
    expect(results[0]?.kinds).toEqual(["label_names", "utf8"]);
    expect(results[1]?.profiles[0]?.labels).toBe(results[0]?.profiles[0]?.labels);
  });

  it("splits what is too large before it is sent, packed as before", () => {
    for (const data of [large, gzipSync(large)]) {
      const { profiles, kinds } = repairer().repair(good, data, { refused: false, now });
      expect(profiles.length).toBeGreaterThan(1);
      expect(new Set(profiles.map((one) => isGzip(one.data)))).toEqual(new Set([isGzip(data)]));
      const parts = profiles.map((one) => (isGzip(one.data) ? gunzipSync(one.data) : one.data));
      expect(parts.flatMap((part) => refusals(good, part, now))).toEqual([]);
      expect(totalOf(...parts.map(decodePprof))).toEqual([20_000n]);
      expect(kinds).toEqual(["sample_count", "size"]);
    }
  });

  it("looks inside when the server has refused the profile, not before", () => {
    const before = repairer().repair(good, poisoned, { refused: false, now });
    expect([before.profiles[0]?.data, before.kinds]).toEqual([poisoned, []]);
    const { profiles, kinds } = repairer().repair(good, poisoned, { refused: true, now });
    expect(new Set(kinds)).toEqual(new Set(["label_names", "times"]));
    expect(profiles.flatMap(({ labels, data }) => refusals(labels, data, now))).toEqual([]);
  });

  it("leaves what it is told to leave, and what it cannot read", () => {
    const { kinds } = repairer("times = false").repair(good, poisoned, { refused: true, now });
    expect(kinds).toEqual(["label_names"]);
    const off = repairer("enabled = false");
    for (const data of [poisoned, large]) expect(off.repair(Labels.of({ "a-b": "1" }), data, { refused: true, now }).kinds).toEqual([]);
    const cut = poisoned.subarray(0, -2);
    expect(repairer().repair(good, cut, { refused: true, now }).profiles).toEqual([{ labels: good, data: cut }]);
  });

  it("takes other limits", () => {
    const { profiles } = repairer("max_samples = 5000\nmax_profile_bytes = 100000").repair(good, large, { refused: false, now });
    expect(Math.max(...profiles.map(({ data }) => data.length))).toBeLessThanOrEqual(100_000);
  });

  it.each([
    ["max_labels = 0", "max_labels must be positive"],
    ["max_profile_bytes = 10", "max_profile_bytes must be at least 100000"],
  ])("refuses %s", (body, message) => expect(() => repairer(body)).toThrow(message));
});

describe("mayBeRepaired", () => {
  it.each([
    ["invalid_argument", undefined, false, true],
    ["unknown", 422, false, true],
    ["unauthenticated", 401, false, false],
    ["unavailable", 503, true, false],
  ] as const)("%s %s", (code, status, retryable, expected) => {
    expect(mayBeRepaired(new DeliveryError("x", { code, status, retryable }))).toBe(expected);
  });
});

describe("createRepairCounters", () => {
  it("has a series for every kind", () => {
    const registry = new MetricsRegistry();
    createRepairCounters(registry.scope()).times.inc();
    expect(registry.render()).toContain('pyroscope_write_repaired_profiles_total{kind="times"} 1');
    expect(registry.render()).toContain('pyroscope_write_repaired_profiles_total{kind="size"} 0');
  });
});
