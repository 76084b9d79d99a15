import type { ProfileLimits } from "../limits.ts";
import { ProfileBuilder } from "./profile-builder.ts";
import { readHeader, type ProfileHeader, writeHeader } from "./profile-header.ts";
import { type ImportEdits, SampleImporter } from "./sample-importer.ts";
import { readProfile, sizesOf, withIndex } from "./with-index.ts";

export interface RewriteEdits extends ImportEdits {
  /** Another header, its texts in the builder's table. */
  readonly header?: ((header: ProfileHeader, builder: ProfileBuilder) => ProfileHeader) | undefined;
}

export interface RewrittenProfile {
  readonly profile: Uint8Array;
  readonly samples: number;
  /** Samples whose labels dropped them. */
  readonly dropped: number;
}

/** A profile with other labels, texts or header. Equal samples are one, and what nobody refers to is gone. @throws ProfileDataError */
export function rewriteProfile(profile: Uint8Array, edits: RewriteEdits, limits: ProfileLimits): RewrittenProfile {
  return withIndex((index) => {
    const width = readProfile(index, profile, limits);
    const builder = new ProfileBuilder(width, sizesOf(index));
    const importer = new SampleImporter(index, builder, width, edits);
    const header = readHeader(index, importer.frames);
    builder.setHeader(writeHeader(edits.header?.(header, builder) ?? header));
    let dropped = 0;
    for (let sample = 0; sample < index.samples.length; sample += 1) if (!importer.add(sample)) dropped += 1;
    return { profile: builder.finish(), samples: builder.sampleCount, dropped };
  });
}
