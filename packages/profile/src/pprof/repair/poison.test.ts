import { describe, expect, it } from "vitest";
import { Labels } from "../../labels/labels.ts";
import { refusals } from "../../testing/acceptance.ts";
import { totalOf } from "../../testing/arbitrary-pprof.ts";
import { corpusProfiles, hasCorpora } from "../../testing/corpora.ts";
import { goPprofRaw, hasGo } from "../../testing/go-pprof.ts";
import { decodePprof, encodePprof, meaningOf, type PprofProfile } from "../../testing/pprof-messages.ts";
import { poisons } from "../../testing/poison.ts";
import { repairLabels } from "./repair-labels.ts";
import { defaultRepairLimits, type RepairKind, repairKinds, type RepairOptions } from "./repair-limits.ts";
import { repairProfile } from "./repair-profile.ts";

const now = Date.UTC(2026, 0, 2);
const options: RepairOptions = { limits: defaultRepairLimits, kinds: new Set(repairKinds), now };
const series = Labels.of({ __name__: "process_cpu", service_name: "app" });
const corpus = hasCorpora ? corpusProfiles() : [];

/** Recorded profiles, dated now. The other implementation cannot read one of them. */
const dated = corpus
  .filter(({ name }) => name !== "invalid_utf8.pb.gz")
  .map(({ name, bytes }) => [name, { ...decodePprof(bytes), timeNanos: String(BigInt(now) * 1_000_000n) }] as const);
/** The largest one would take a minute of the other implementation's time. */
const good = dated.filter(([name]) => name !== "heap").filter(([, profile]) => refusals(series, encodePprof(profile), now).length === 0);

interface Repaired {
  readonly labels: Labels;
  readonly parts: readonly Uint8Array[];
  readonly kinds: ReadonlySet<RepairKind>;
}

function repair(labels: Labels, bytes: Uint8Array): Repaired {
  const outside = repairLabels(labels, options);
  const inside = repairProfile(bytes, outside.labels, options);
  return { labels: outside.labels, parts: inside.parts, kinds: new Set([...outside.kinds, ...inside.kinds]) };
}

describe.skipIf(!hasCorpora)("repair of profiles that a server refuses (needs the fixtures)", () => {
  it("leaves what a server takes alone", () => {
    expect(good.length).toBeGreaterThan(30);
    for (const [name, profile] of good) {
      const bytes = encodePprof(profile);
      const { labels, parts, kinds } = repair(series, bytes);
      expect([labels, parts.length, [...kinds]], name).toEqual([series, 1, []]);
      expect(parts[0], name).toBe(bytes);
    }
  });

  const list = poisons(good, 200, now);
  it.each(list)("$name", { timeout: 60_000 }, ({ make }) => {
    const { series: labels, bytes } = make();
    expect(refusals(labels, bytes, now)).not.toEqual([]);
    const repaired = repair(labels, bytes);
    for (const part of repaired.parts) expect(refusals(repaired.labels, part, now)).toEqual([]);
    expect(repaired.kinds.size).toBeGreaterThan(0);
    const decoded = repaired.parts.map(decodePprof);
    const readable = readableOf(bytes);
    expect(totalOf(...decoded)).toEqual(totalOf(readable));
    // Nothing left to do.
    for (const part of repaired.parts) expect(repair(repaired.labels, part).parts[0]).toBe(part);
    if (repaired.kinds.has("function_ids") || repaired.kinds.has("utf8")) return;
    expect(byStack(...decoded)).toEqual(byStack(readable));
  });

  it.skipIf(!hasGo)("writes what go tool pprof reads (needs go)", { timeout: 120_000 }, () => {
    for (const { make } of list.filter((_, index) => index % 10 === 3)) {
      const { series: labels, bytes } = make();
      for (const part of repair(labels, bytes).parts.slice(0, 2)) expect(goPprofRaw(part)).toContain("Samples:");
    }
  });

  it("mends recorded profiles that servers refuse", () => {
    const bad = corpus.filter(({ bytes }) => refusals(series, bytes, now).some((reason) => reason.startsWith("malformed")));
    expect(bad.map(({ name }) => name).sort()).toEqual(["dotnet-pprof-3.pb.gz", "invalid_utf8.pb.gz"]);
    for (const { bytes } of bad) {
      const { parts } = repair(series, bytes);
      expect(parts.flatMap((part) => refusals(series, part, now))).toEqual([]);
    }
  });
});

/** What the other implementation reads; it refuses texts that are not UTF-8. */
function readableOf(bytes: Uint8Array): PprofProfile {
  try {
    return decodePprof(bytes);
  } catch {
    const copy = Uint8Array.from(bytes);
    const damaged = Buffer.from([0x51, 0x51, 0xff, 0xff, 0xff, 0x51]);
    copy.fill(0x51, Buffer.from(bytes).indexOf(damaged), Buffer.from(bytes).indexOf(damaged) + damaged.length);
    return decodePprof(copy);
  }
}

/** Sums without regard to labels. */
function byStack(...profiles: readonly PprofProfile[]): ReadonlyMap<string, readonly bigint[]> {
  const sums = new Map<string, readonly bigint[]>();
  for (const { stack, values } of profiles.flatMap(meaningOf)) {
    const old = sums.get(stack);
    sums.set(
      stack,
      values.map((text, column) => BigInt(text) + (old?.[column] ?? 0n)),
    );
  }
  return sums;
}
