import { malformed } from "../../wire/wire-reader.ts";
import { defaultProfileLimits, type ProfileLimits } from "../limits.ts";
import { type ProfileHeader, readHeader, writeHeader } from "./profile-header.ts";
import { withWorkbench } from "./workbench.ts";

/**
 * One profile that says what several of the same kind say: equal samples are one, with the sum of their values. It begins when the first of them began,
 * lasts as long as all together, and has the largest of their periods; all other settings are those of the first.
 *
 * @throws ProfileDataError when one is damaged, when their sample or period types differ, or when there is none
 */
export function mergeProfiles(profiles: readonly Uint8Array[], limits: ProfileLimits = defaultProfileLimits): Uint8Array {
  return withWorkbench((bench) => {
    const { index, builder, importer } = bench;
    let header: ProfileHeader | undefined;
    for (const profile of profiles) {
      const width = bench.read(profile, limits);
      if (header === undefined) builder.begin(width);
      importer.begin(width);
      const next = readHeader(index, importer.frames);
      header = header === undefined ? next : mergeHeaders(header, next);
      for (let sample = 0; sample < index.samples.length; sample += 1) importer.add(sample);
    }
    if (header === undefined) throw malformed("no profile to merge");
    builder.setHeader(writeHeader(header));
    return builder.finish();
  });
}

/** Equal texts have equal indexes: both headers were read for the same builder. */
function mergeHeaders(a: ProfileHeader, b: ProfileHeader): ProfileHeader {
  if (JSON.stringify([a.sampleTypes, a.periodType]) !== JSON.stringify([b.sampleTypes, b.periodType])) {
    throw malformed("profiles of different sample or period types cannot be merged");
  }
  const earliest = b.timeNanos !== 0n && (a.timeNanos === 0n || b.timeNanos < a.timeNanos) ? b.timeNanos : a.timeNanos;
  return {
    ...a,
    timeNanos: earliest,
    durationNanos: a.durationNanos + b.durationNanos,
    period: a.period > b.period ? a.period : b.period,
    comments: [...new Set([...a.comments, ...b.comments])],
  };
}
