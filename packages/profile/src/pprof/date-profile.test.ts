import { expect, it } from "vitest";
import { decodePprof, encodePprof } from "../testing/pprof-messages.ts";
import { ProfileDataError } from "../profile-data-error.ts";
import { dateProfile } from "./date-profile.ts";

const profile = { sampleType: [{ type: 1, unit: 1 }], sample: [{ value: ["7"] }], stringTable: ["", "x"] };
const bare = encodePprof(profile);

it("dateProfile() gives a time to what has none, and leaves what has one", () => {
  expect(decodePprof(dateProfile(bare, 1_700_000_000_123))).toEqual({ ...decodePprof(bare), timeNanos: "1700000000123000000" });
  const zero = Uint8Array.of(...bare, 9 * 8, 0);
  expect(decodePprof(dateProfile(zero, 5)).timeNanos).toBe("5000000");
  const dated = encodePprof({ ...profile, timeNanos: "17" });
  expect(dateProfile(dated, 5)).toBe(dated);
  expect(() => dateProfile(bare.subarray(0, -1), 5)).toThrow(ProfileDataError);
});
