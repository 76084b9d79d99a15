import { ProfileDataError } from "../../profile-data-error.ts";
import type { ProfileBuilder } from "./profile-builder.ts";
import { type ProfileHeader, readHeader, writeHeader } from "./profile-header.ts";
import type { ImportEdits } from "./sample-importer.ts";
import type { Workbench } from "./workbench.ts";

/** How large a part of a profile may be. */
export interface SplitSizes {
  readonly maxSamples: number;
  readonly maxBytes: number;
}

export interface RewriteOptions extends ImportEdits {
  /** Another header, its texts in the builder's table. */
  readonly header?: ((header: ProfileHeader, builder: ProfileBuilder) => ProfileHeader) | undefined;
  /** Absent: everything is one part. */
  readonly sizes?: SplitSizes | undefined;
}

export interface RewrittenProfile {
  /** In the order of the samples; at least one. */
  readonly parts: readonly Uint8Array[];
  /** Samples that came to be written, before equal ones became one. */
  readonly samples: number;
  /** Samples whose labels dropped them. */
  readonly dropped: number;
  /** Parts of a single sample that is larger than a part may be. */
  readonly oversized: number;
}

/** Parts that a profile may be split into. */
const maxParts = 1000;

/**
 * The profile that the workbench has read with other labels, texts or header, in one part or in several. In each part equal samples are one, and nothing is
 * there that nobody refers to. @throws ProfileDataError
 */
export function rewriteProfile(bench: Workbench, width: number, options: RewriteOptions): RewrittenProfile {
  return new Rewriting(bench, width, options).run();
}

class Rewriting {
  readonly #bench: Workbench;
  readonly #width: number;
  readonly #options: RewriteOptions;
  readonly #parts: Uint8Array[] = [];
  #dropped = 0;
  #oversized = 0;

  constructor(bench: Workbench, width: number, options: RewriteOptions) {
    this.#bench = bench;
    this.#width = width;
    this.#options = options;
  }

  run(): RewrittenProfile {
    const { index, importer } = this.#bench;
    const { sizes } = this.#options;
    importer.begin(this.#width, this.#options);
    this.#beginPart();
    for (let sample = 0; sample < index.samples.length; sample += 1) {
      if (sizes !== undefined) this.#addWithin(sample, sizes);
      else if (!importer.add(sample)) this.#dropped += 1;
    }
    this.#endPart();
    return { parts: this.#parts, samples: index.samples.length - this.#dropped, dropped: this.#dropped, oversized: this.#oversized };
  }

  #addWithin(sample: number, sizes: SplitSizes): void {
    const { builder, importer } = this.#bench;
    builder.mark();
    if (!importer.add(sample)) {
      this.#dropped += 1;
      return;
    }
    // A sample that is too large all alone stays, and so do those that are equal to it.
    if (!isTooLarge(builder, sizes) || builder.sampleCount === 1) return;
    builder.backToMark(importer.values);
    this.#endPart();
    importer.beginPart();
    this.#beginPart();
    importer.add(sample);
  }

  #beginPart(): void {
    const { index, builder, importer } = this.#bench;
    const { header: edit, sizes } = this.#options;
    const part = sizes === undefined ? 1 : Math.min(1, sizes.maxBytes / index.reader.end);
    builder.begin(this.#width, this.#bench.sizes(part));
    const header = readHeader(index, importer.frames);
    builder.setHeader(writeHeader(edit?.(header, builder) ?? header));
  }

  #endPart(): void {
    const { builder } = this.#bench;
    const { sizes } = this.#options;
    if (sizes !== undefined && isTooLarge(builder, sizes)) this.#oversized += 1;
    if (this.#parts.length === maxParts) throw new ProfileDataError("too_large", `profile would be split into more than ${maxParts} parts`);
    this.#parts.push(builder.finish());
  }
}

function isTooLarge({ sampleCount, size }: ProfileBuilder, { maxSamples, maxBytes }: SplitSizes): boolean {
  return sampleCount > maxSamples || size > maxBytes;
}
