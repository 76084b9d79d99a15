import { ProfileDataError } from "../../profile-data-error.ts";
import { ProfileIndex, type RecordList } from "../delta/profile-index.ts";
import type { ProfileLimits } from "../limits.ts";
import type { BuilderSizes } from "./profile-builder.ts";

/** Uses never overlap, so all share one index; the next profile finds its lists large enough. */
let shared: ProfileIndex | undefined;
const maxKeptBytes = 1 << 20;

/** Gives an index to read profiles into, one after the other. */
export function withIndex<T>(use: (index: ProfileIndex) => T): T {
  const index = shared ?? new ProfileIndex();
  // A use that fails leaves none.
  shared = undefined;
  const result = use(index);
  if (index.reader.end <= maxKeptBytes) shared = index;
  index.release();
  return result;
}

/** Reads a profile that is not compressed, and returns how many values its samples have. @throws ProfileDataError */
export function readProfile(index: ProfileIndex, profile: Uint8Array, limits: ProfileLimits): number {
  if (profile.length > limits.maxBytes) throw new ProfileDataError("too_large", `profile has more than ${limits.maxBytes} bytes`);
  index.read(profile, limits.maxRecords);
  return index.sampleTypes(limits.maxSampleTypes).length;
}

/** What a builder needs for all of a profile. */
export function sizesOf({ strings, locations, functions, samples }: ProfileIndex): BuilderSizes {
  return { strings: bytesOf(strings), locations: bytesOf(locations), functions: bytesOf(functions), samples: bytesOf(samples) };
}

function bytesOf({ starts, ends, length }: RecordList): number {
  let bytes = 0;
  for (let at = 0; at < length; at += 1) bytes += (ends.items[at] as number) - (starts.items[at] as number);
  return bytes;
}
