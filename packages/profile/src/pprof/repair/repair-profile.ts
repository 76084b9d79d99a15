import type { Labels } from "../../labels/labels.ts";
import { decodeUtf8, textOfBytes, bytesOfText } from "../../text/bytes.ts";
import { profileField } from "../fields.ts";
import { defaultProfileLimits, type ProfileLimits } from "../limits.ts";
import type { ProfileBuilder } from "../rebuild/profile-builder.ts";
import type { ProfileHeader } from "../rebuild/profile-header.ts";
import { type RewriteOptions, rewriteProfile } from "../rebuild/rewrite-profile.ts";
import { withWorkbench } from "../rebuild/workbench.ts";
import { inspectProfile, repairedTime } from "./inspect-profile.ts";
import type { RepairKind, RepairOptions } from "./repair-limits.ts";
import { wellFormed } from "./repaired-text.ts";
import { SampleLabelRepair } from "./sample-label-repair.ts";

export interface RepairedProfile {
  /** Their values add up to those of the profile. The very same bytes when nothing had to be repaired. */
  readonly parts: readonly Uint8Array[];
  readonly kinds: readonly RepairKind[];
}

/**
 * A profile that is not compressed, as a server takes it beside the labels of its series (as they will be sent). Costs one quick look when there is
 * nothing to repair.
 *
 * @throws ProfileDataError when it is damaged otherwise
 */
export function repairProfile(
  profile: Uint8Array,
  series: Labels,
  options: RepairOptions,
  limits: ProfileLimits = defaultProfileLimits,
): RepairedProfile {
  return withWorkbench((bench) => {
    const width = bench.read(profile, limits);
    const found = new Set(inspectProfile(bench.index, series, options, limits.maxSampleTypes));
    if (found.size === 0) return { parts: [profile], kinds: [] };
    const labels = found.delete("label_names") ? new SampleLabelRepair(series, options) : undefined;
    const { parts } = rewriteProfile(bench, width, rewriteOptions(found, labels, options));
    const kinds = [...found, ...(labels?.found ?? [])];
    return kinds.length === 0 ? { parts: [profile], kinds } : { parts, kinds };
  });
}

function rewriteOptions(found: ReadonlySet<RepairKind>, labels: SampleLabelRepair | undefined, options: RepairOptions): RewriteOptions {
  const { maxProfileBytes: maxBytes, maxSamples } = options.limits;
  return {
    labels,
    texts: found.has("utf8") ? mendText : undefined,
    header(header, builder) {
      const dated = found.has("times") ? { ...header, timeNanos: repairedTime(header.timeNanos, options) } : header;
      return found.has("sample_types") ? withoutDashes(dated, builder) : dated;
    },
    sizes: found.has("size") || found.has("sample_count") ? { maxBytes, maxSamples } : undefined,
  };
}

function mendText(bytes: Uint8Array): Uint8Array | undefined {
  return decodeUtf8(bytes) === undefined ? bytesOfText(wellFormed(textOfBytes(bytes))) : undefined;
}

function withoutDashes(header: ProfileHeader, builder: ProfileBuilder): ProfileHeader {
  const mended = (index: number): number => builder.string(builder.text(index).replaceAll("-", "_"));
  const texts = new Map(header.texts);
  const preset = texts.get(profileField.defaultSampleType);
  if (preset !== undefined) texts.set(profileField.defaultSampleType, mended(preset));
  return { ...header, texts, sampleTypes: header.sampleTypes.map(({ type, unit }) => ({ type: mended(type), unit })) };
}
