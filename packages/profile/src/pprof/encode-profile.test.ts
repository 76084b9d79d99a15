import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goPprofRaw, hasGo } from "../testing/go-pprof.ts";
import { decodePprof, meaningOf } from "../testing/pprof-messages.ts";
import { encodeProfile } from "./encode-profile.ts";
import type { Profile } from "./profile.ts";

const name = fc.constantFrom("main", "work", "é", "");
const frame = fc.record({ function: name, file: name, functionLine: fc.nat({ max: 3 }), line: fc.nat({ max: 300 }) });
const samples = fc.array(
  fc.record({
    stack: fc.array(frame, { maxLength: 5 }),
    values: fc.tuple(fc.maxSafeInteger(), fc.nat()),
    labels: fc.dictionary(fc.constantFrom("thread", "span"), name),
  }),
);
const types = {
  sampleTypes: [
    { type: "samples", unit: "count" },
    { type: "cpu", unit: "nanoseconds" },
  ],
};

describe("encodeProfile", () => {
  it("says what the profile says", () => {
    fc.assert(
      fc.property(samples, (list) => {
        const decoded = decodePprof(encodeProfile({ ...types, timeMs: 1, durationMs: 0, samples: list }));
        const expected = list.map(({ stack, values, labels }) => ({
          stack: stack.map((one) => `+0 ${one.function}(${one.file}):${one.line}`).join(";"),
          labels: Object.entries(labels)
            .map(([key, text]) => `${key}=${text}/0`)
            .sort()
            .join(","),
          values: values.map(String),
        }));
        expect(meaningOf(decoded)).toEqual(expected);
        expect(new Set(decoded.stringTable).size).toBe(decoded.stringTable?.length);
      }),
    );
  });

  it("writes equal frames once", () => {
    const one = { function: "f", file: "x.js", functionLine: 1, line: 2 };
    const stacks = [[one], [{ ...one }], [{ ...one, line: 3 }]];
    const decoded = decodePprof(
      encodeProfile({ ...types, timeMs: 1, durationMs: 1, samples: stacks.map((stack) => ({ stack, values: [1, 1] })) }),
    );
    expect([decoded.location?.length, decoded.function?.length]).toEqual([2, 1]);
  });

  it.skipIf(!hasGo)("is read by go tool pprof", () => {
    const work = { function: "work", file: "/app/work.js", functionLine: 3, line: 7 };
    const profile: Profile = {
      ...types,
      periodType: { type: "cpu", unit: "nanoseconds" },
      period: 10_000_000,
      timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      durationMs: 1500,
      samples: [{ stack: [work, { ...work, function: "main", line: 20 }], values: [2, 20_000_000], labels: { thread: "1" } }],
    };
    const raw = goPprofRaw(encodeProfile(profile));
    for (const line of ["Period: 10000000", "Time: 2026-01-02 03:04:05.678 +0000 UTC", "Duration: 1.5s", "thread:[1]"])
      expect(raw).toContain(line);
    expect(raw).toMatch(/2 +20000000: 1 2/);
    expect(raw).toMatch(/work \/app\/work\.js:7:0 s=3/);
  });
});
