import { defaultProfileLimits, type ProfileLimits } from "../limits.ts";
import { rewriteProfile, type RewrittenProfile, type SplitSizes } from "./rewrite-profile.ts";
import { withWorkbench } from "./workbench.ts";

export type SplitProfile = Pick<RewrittenProfile, "parts" | "oversized">;

/**
 * Splits a profile that is not compressed into at most 1000 profiles of a certain size, each with all that its samples refer to, and with the times of the
 * whole. The values of all parts add up to those of the whole.
 *
 * @throws ProfileDataError
 */
export function splitProfile(profile: Uint8Array, sizes: SplitSizes, limits: ProfileLimits = defaultProfileLimits): SplitProfile {
  return withWorkbench((bench) => rewriteProfile(bench, bench.read(profile, limits), { sizes }));
}
