import { ProfileDataError } from "../../profile-data-error.ts";
import { ProfileIndex, type RecordList } from "../delta/profile-index.ts";
import type { ProfileLimits } from "../limits.ts";
import { type BuilderSizes, ProfileBuilder, type RecordSizes } from "./profile-builder.ts";
import { SampleImporter } from "./sample-importer.ts";

/** What it takes to read profiles, one after the other, and to write others from them. */
export class Workbench {
  readonly index: ProfileIndex = new ProfileIndex();
  readonly builder: ProfileBuilder = new ProfileBuilder();
  readonly importer: SampleImporter = new SampleImporter(this.index, this.builder);

  /** Reads a profile that is not compressed, and returns how many values its samples have. @throws ProfileDataError */
  read(profile: Uint8Array, limits: ProfileLimits): number {
    if (profile.length > limits.maxBytes) throw new ProfileDataError("too_large", `profile has more than ${limits.maxBytes} bytes`);
    this.index.read(profile, limits.maxRecords);
    return this.index.sampleTypes(limits.maxSampleTypes).length;
  }

  /** What a builder needs for a part of the profile, from 0 to 1. */
  sizes(part: number): BuilderSizes {
    const { strings, locations, functions, samples } = this.index;
    return {
      strings: sizesOf(strings, part),
      locations: sizesOf(locations, part),
      functions: sizesOf(functions, part),
      samples: sizesOf(samples, part),
    };
  }
}

function sizesOf({ starts, ends, length }: RecordList, part: number): RecordSizes {
  let bytes = 0;
  for (let at = 0; at < length; at += 1) bytes += (ends.items[at] as number) - (starts.items[at] as number);
  return { count: Math.ceil(length * part), bytes: Math.ceil(bytes * part) };
}

/** Uses never overlap, so all share one workbench; the next profile finds its lists large enough. */
let shared: Workbench | undefined;
const maxKeptBytes = 1 << 20;

export function withWorkbench<T>(use: (bench: Workbench) => T): T {
  const bench = shared ?? new Workbench();
  // A use that fails leaves none.
  shared = undefined;
  const result = use(bench);
  if (bench.index.reader.end <= maxKeptBytes) shared = bench;
  bench.index.release();
  return result;
}
