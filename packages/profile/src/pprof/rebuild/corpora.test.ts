import { describe, expect, it } from "vitest";
import { compileRules } from "../../relabel/compile-rules.ts";
import { relabelRule } from "../../relabel/rule.ts";
import { sumsOf, totalOf } from "../../testing/arbitrary-pprof.ts";
import { corpusProfiles, hasCorpora } from "../../testing/corpora.ts";
import { goPprofRaw, hasGo } from "../../testing/go-pprof.ts";
import { decodePprof, type PprofProfile } from "../../testing/pprof-messages.ts";
import { mergeProfiles } from "./merge-profiles.ts";
import { relabelSamples } from "./relabel-samples.ts";
import { splitProfile } from "./split-profile.ts";

// The other implementation refuses texts that are not UTF-8.
const profiles = hasCorpora ? corpusProfiles().filter(({ name }) => name !== "invalid_utf8.pb.gz") : [];
const rules = compileRules([relabelRule({ action: "labeldrop", regex: "profile_id|thread.*" })], { keepEmpty: true });

describe.skipIf(!hasCorpora)("profiles of many programs (needs the fixtures)", () => {
  it("are there", () => expect(profiles.length).toBeGreaterThan(30));

  it.each(profiles)("$name: merge, split and relabelling say the same", { timeout: 180_000 }, ({ bytes }) => {
    const original = withFunctionIds(decodePprof(bytes));
    const merged = mergeProfiles([bytes]);
    expect(sumsOf(decodePprof(merged)).values).toEqual(sumsOf(original).values);
    expect(totalOf(decodePprof(mergeProfiles([bytes, bytes])))).toEqual(totalOf(original, original));
    const { parts } = splitProfile(bytes, { maxSamples: 100, maxBytes: Math.max(4000, bytes.length / 3) });
    expect(sumsOf(...parts.map((part) => decodePprof(part))).values).toEqual(sumsOf(original).values);
    const relabelled = relabelSamples(bytes, rules);
    const without = decodePprof(relabelled.profile ?? new Uint8Array());
    expect([totalOf(without), relabelled.dropped]).toEqual([totalOf(original), 0]);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(merged.length);
    expect(merged.length).toBeLessThanOrEqual(bytes.length * 1.01);
    if (!hasGo || !isAccepted(bytes)) return;
    goPprofRaw(parts.at(-1) ?? merged);
  });
});

/** An old profiler of .NET writes none, and as many functions as locations. */
function withFunctionIds(profile: PprofProfile): PprofProfile {
  const { function: functions = [], location = [] } = profile;
  if (functions.length !== location.length || functions.some(({ id }) => id !== undefined)) return profile;
  return {
    ...profile,
    function: functions.map((one, index) => ({ ...one, id: index + 1 })),
    location: location.map((one, index) => ({ ...one, line: (one.line ?? []).map((line) => ({ ...line, functionId: index + 1 })) })),
  };
}

/** Some profilers write what Go does not read. */
function isAccepted(bytes: Uint8Array): boolean {
  try {
    goPprofRaw(bytes);
    return true;
  } catch {
    return false;
  }
}
