import { Labels } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import { builtinProfileTypes, type ProfileType } from "./profile-type.ts";
import type { ScrapeSettings } from "./scrape-settings.ts";
import { PlanMemory, planScrapes, populateTarget, type ScrapePlans } from "./targets-to-jobs.ts";

const enabledByDefault: readonly ProfileType[] = Object.values(builtinProfileTypes).filter(({ enabled }) => enabled);

function settings(changes: Partial<ScrapeSettings> = {}): ScrapeSettings {
  return {
    jobName: "",
    scheme: "http",
    params: new Map(),
    pathPrefix: "",
    profileTypes: enabledByDefault,
    intervalMs: 15_000,
    timeoutMs: 10_000,
    deltaDurationMs: 14_000,
    ...changes,
  };
}

function planAll(...args: Parameters<typeof planScrapes>): ScrapePlans {
  const work = planScrapes(...args);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

const only = (...types: ProfileType[]): Partial<ScrapeSettings> => ({ profileTypes: types });
const target = (address: string, labels: Record<string, string> = {}): Labels => Labels.of({ __address__: address, ...labels });

function urls(targets: readonly Labels[], changes?: Partial<ScrapeSettings>): readonly string[] {
  return planAll(targets, settings(changes))
    .plans.map(({ url }) => url)
    .sort();
}

/** The labels of a target with the plainest settings, without the address. */
function labelsOf(labels: Record<string, string>, changes?: Partial<ScrapeSettings>): Record<string, string> {
  const { plans } = planAll([target("h:1", labels)], settings({ ...only(builtinProfileTypes.memory), ...changes }));
  return plans[0]?.labels.toRecord() ?? {};
}

describe("planScrapes()", () => {
  it("asks the default endpoints", () => {
    expect(urls([target("localhost:9090")])).toEqual([
      "http://localhost:9090/debug/pprof/allocs",
      "http://localhost:9090/debug/pprof/block",
      "http://localhost:9090/debug/pprof/goroutine",
      "http://localhost:9090/debug/pprof/mutex",
      "http://localhost:9090/debug/pprof/profile?seconds=14",
    ]);
  });

  it("asks all types under a prefix", () => {
    const custom: ProfileType = { name: "foo", path: "/foo239", delta: false };
    const all = [...Object.values(builtinProfileTypes), custom];
    const paths = ["fgprof?seconds=14", "pprof/allocs", "pprof/block", "pprof/delta_block", "pprof/delta_heap", "pprof/delta_mutex"];
    const more = ["pprof/goroutine", "pprof/mutex", "pprof/profile?seconds=14"];
    const expected = [
      ...[...paths, ...more].map((path) => `https://127.0.0.1:4100/mimir/debug/${path}`),
      "https://127.0.0.1:4100/mimir/foo239",
    ];
    expect(urls([target("127.0.0.1:4100")], { ...only(...all), scheme: "https", pathPrefix: "/mimir" })).toEqual(expected);
    expect(urls([target("127.0.0.1:4100", { __profile_path_prefix__: "/mimir" })], { ...only(...all), scheme: "https" })).toEqual(expected);
  });

  it("prefers the target's own prefix", () => {
    const targets = [target("localhost:4242", { __profile_path_prefix__: "/bar" }), target("localhost:9090")];
    expect(urls(targets, { ...only(builtinProfileTypes.process_cpu), pathPrefix: "/foo" })).toEqual([
      "http://localhost:4242/bar/debug/pprof/profile?seconds=14",
      "http://localhost:9090/foo/debug/pprof/profile?seconds=14",
    ]);
  });

  it.each([
    [{ intervalMs: 60_000 }, "59"],
    [{ intervalMs: 21_000, deltaDurationMs: 20_900 }, "20"],
    [{ intervalMs: 2000 }, "1"],
  ])("measures with %j for %s s", (changes, seconds) => {
    expect(urls([target("h:1")], { ...only(builtinProfileTypes.process_cpu), ...changes })).toEqual([
      `http://h:1/debug/pprof/profile?seconds=${seconds}`,
    ]);
  });

  it("gives `seconds` to types that measure only, and leaves the user's alone", () => {
    const params = new Map([["a", ["1"]]]);
    expect(urls([target("h:1")], { ...only(builtinProfileTypes.process_cpu, builtinProfileTypes.mutex), params })).toEqual([
      "http://h:1/debug/pprof/mutex?a=1",
      "http://h:1/debug/pprof/profile?a=1&seconds=14",
    ]);
    expect(params).toEqual(new Map([["a", ["1"]]]));
    const own = new Map([["seconds", ["5"]]]);
    expect(urls([target("h:1")], { ...only(builtinProfileTypes.process_cpu), params: own })).toEqual([
      "http://h:1/debug/pprof/profile?seconds=5",
    ]);
  });

  it("makes one job of a target that pins path and name", () => {
    const pinned = { __profile_path__: "/debug/pprof/custom_profile", __name__: "custom_process_cpu", __profile_path_prefix__: "/prefix" };
    expect(urls([target("h:1", pinned)])).toEqual(["http://h:1/prefix/debug/pprof/custom_profile"]);
  });

  it("keeps types apart that share a URL", () => {
    const types = [
      { name: "a", path: "/x", delta: false },
      { name: "b", path: "/x", delta: false },
    ];
    expect(planAll([target("h:1")], settings(only(...types))).plans.map(({ labels }) => labels.get("__name__"))).toEqual(["a", "b"]);
  });

  it.each([
    ["process_cpu", 24_000],
    ["memory", 10_000],
  ] as const)("allows %s the time that it measures on top of the timeout", (name, timeoutMs) => {
    expect(planAll([target("h:1")], settings(only(builtinProfileTypes[name]))).plans[0]?.timeoutMs).toBe(timeoutMs);
  });

  it.each([
    ["7", 17_000],
    ["many", 24_000],
    ["1e9", 3_610_000],
  ])("understands the label __param_seconds=%s", (seconds, timeoutMs) => {
    const { plans } = planAll([target("h:1", { __param_seconds: seconds })], settings(only(builtinProfileTypes.memory)));
    expect(plans[0]?.timeoutMs).toBe(timeoutMs);
  });

  it("renames godeltaprof's types, which are differences already", () => {
    const { plans } = planAll([target("h:1")], settings(only(builtinProfileTypes.godeltaprof_memory, builtinProfileTypes.memory)));
    expect(plans.map(({ labels, cumulative }) => [labels.get("__name__"), labels.get("__profile_path__"), cumulative])).toEqual([
      ["memory", "/debug/pprof/delta_heap", false],
      ["memory", "/debug/pprof/allocs", true],
    ]);
  });

  it("leaves out bad targets one by one", () => {
    const targets = [
      Labels.of({ x: "y" }),
      target("good:1"),
      target("a/b"),
      target("h", { __scheme__: "ftp" }),
      target("h:1", { bad: "\u{dcff}" }),
    ];
    const { plans, skipped } = planAll(targets, settings(only(builtinProfileTypes.memory)));
    expect(plans.map(({ url }) => url)).toEqual(["http://good:1/debug/pprof/allocs"]);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      "no address",
      '"a/b:80" is not a valid hostname',
      'invalid scheme: "ftp"',
      'invalid label value for "bad": "\\udcff"',
    ]);
  });

  it("scrapes what leads to the same series once, and reports it unless the targets are equal", () => {
    const targets = [
      target("h:1", { __meta_x: "1" }),
      target("h:1", { __meta_x: "1" }),
      target("h:1", { __meta_x: "2" }),
      target("h:1", { x: "2" }),
    ];
    const { plans, skipped } = planAll(targets, settings(only(builtinProfileTypes.memory)));
    expect(plans.map(({ labels }) => [labels.get("__meta_x"), labels.get("x")])).toEqual([
      ["1", ""],
      ["", "2"],
    ]);
    expect(skipped.map(({ target }) => target.get("__meta_x"))).toEqual(["2"]);
  });

  it("keeps the identity of a job when only internal labels change", () => {
    const key = (labels: Record<string, string>): string | undefined =>
      planAll([target("h:1", labels)], settings(only(builtinProfileTypes.memory))).plans[0]?.key;
    expect(key({ __meta_x: "1", a: "b" })).toBe(key({ __meta_x: "2", a: "b" }));
    expect(key({ a: "b" })).not.toBe(key({ a: "c" }));
    expect(key({ __param_x: "1" })).not.toBe(key({ __param_x: "2" }));
  });
});

describe("the labels of a job", () => {
  it("are the target's, completed", () => {
    expect(labelsOf({ foo: "bar" })).toEqual({
      __address__: "h:1",
      __name__: "memory",
      __profile_path__: "/debug/pprof/allocs",
      __scheme__: "http",
      foo: "bar",
      instance: "h:1",
      service_name: "unspecified",
    });
  });

  it("are not replaced", () => {
    const own = { instance: "i", job: "j", service_name: "s", __scheme__: "https", __name__: "n", __profile_path__: "/p" };
    expect(labelsOf(own, { jobName: "arg", scheme: "http" })).toEqual({ __address__: "h:1", ...own });
  });

  it("take the first value of each parameter", () => {
    const params = new Map([
      ["a", ["1", "2"]],
      ["none", []],
    ]);
    expect(labelsOf({ __param_a: "9" }, { params })).toMatchObject({ __param_a: "1" });
    expect(labelsOf({}, { params })).not.toHaveProperty("__param_none");
  });

  it("name the job when it has a name", () => {
    expect(labelsOf({}, { jobName: "j" })["job"]).toBe("j");
    expect(labelsOf({})).not.toHaveProperty("job");
  });

  it("name the instance with its port", () => {
    const populated = populateTarget(target("localhost", { __scheme__: "https" }), settings());
    expect("labels" in populated && populated.labels.get("instance")).toBe("localhost:443");
  });
});

describe("PlanMemory", () => {
  it("gives the same plans for targets that are the same objects, until the settings change", () => {
    const memory = new PlanMemory();
    const targets = [target("a:1"), target("b:1")];
    const first = planAll(targets, settings(), memory).plans;
    const second = planAll([...targets, target("c:1")], settings(), memory).plans;
    expect(second.slice(0, first.length).every((plan, index) => plan === first[index])).toBe(true);
    const third = planAll(targets, settings({ params: new Map([["x", ["1"]]]) }), memory).plans;
    expect(third[0]?.url).toContain("x=1");
  });
});
