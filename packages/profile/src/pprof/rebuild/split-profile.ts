import { ProfileDataError } from "../../profile-data-error.ts";
import type { ProfileIndex } from "../delta/profile-index.ts";
import { defaultProfileLimits, type ProfileLimits } from "../limits.ts";
import { ProfileBuilder } from "./profile-builder.ts";
import { readHeader, writeHeader } from "./profile-header.ts";
import { SampleImporter } from "./sample-importer.ts";
import { readProfile, withIndex } from "./with-index.ts";

export interface SplitSizes {
  /** Samples of a part. */
  readonly maxSamples: number;
  /** Bytes of a part. */
  readonly maxBytes: number;
}

export interface SplitProfile {
  /** In the order of the samples; at least one. */
  readonly parts: readonly Uint8Array[];
  /** Parts of a single sample that is larger than `maxBytes` all alone. */
  readonly oversized: number;
}

/** Parts that a profile may be split into. */
const maxParts = 1000;

/**
 * Splits a profile that is not compressed into profiles of a certain size, each with all that its samples refer to, and with the times of the whole. The
 * values of all parts add up to those of the whole.
 *
 * @throws ProfileDataError
 */
export function splitProfile(profile: Uint8Array, sizes: SplitSizes, limits: ProfileLimits = defaultProfileLimits): SplitProfile {
  return withIndex((index) => {
    const width = readProfile(index, profile, limits);
    return new Splitter(index, width, sizes).split();
  });
}

class Splitter {
  readonly #index: ProfileIndex;
  readonly #width: number;
  readonly #sizes: SplitSizes;
  readonly #importer: SampleImporter;
  readonly #parts: Uint8Array[] = [];
  #builder: ProfileBuilder;
  #oversized = 0;

  constructor(index: ProfileIndex, width: number, sizes: SplitSizes) {
    this.#index = index;
    this.#width = width;
    this.#sizes = sizes;
    this.#builder = new ProfileBuilder(width);
    this.#importer = new SampleImporter(index, this.#builder, width);
  }

  split(): SplitProfile {
    this.#writeHeader();
    for (let sample = 0; sample < this.#index.samples.length; sample += 1) this.#add(sample);
    this.#endPart();
    return { parts: this.#parts, oversized: this.#oversized };
  }

  #add(sample: number): void {
    this.#builder.mark();
    this.#importer.add(sample);
    if (!this.#isTooLarge()) return;
    if (this.#builder.sampleCount > 1) {
      this.#builder.backToMark(this.#importer.values);
      this.#endPart();
      this.#begin();
      this.#importer.add(sample);
    }
    if (this.#isTooLarge()) this.#oversized += 1;
  }

  #isTooLarge(): boolean {
    return this.#builder.sampleCount > this.#sizes.maxSamples || this.#builder.size > this.#sizes.maxBytes;
  }

  #begin(): void {
    this.#builder = new ProfileBuilder(this.#width);
    this.#importer.begin(this.#builder);
    this.#writeHeader();
  }

  #writeHeader(): void {
    this.#builder.setHeader(writeHeader(readHeader(this.#index, this.#importer.frames)));
  }

  #endPart(): void {
    if (this.#parts.length === maxParts) throw new ProfileDataError("too_large", `profile would be split into more than ${maxParts} parts`);
    this.#parts.push(this.#builder.finish());
  }
}
