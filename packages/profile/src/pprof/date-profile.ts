import { varintTag, WireReader } from "../wire/wire-reader.ts";
import { WireWriter } from "../wire/wire-writer.ts";
import { profileField } from "./fields.ts";

const nanosPerMs = 1_000_000n;

/**
 * A profile that is not compressed, with the given time (milliseconds since 1970) when it has none of its own; the very same bytes when it has.
 *
 * @throws ProfileDataError when it is damaged
 */
export function dateProfile(profile: Uint8Array, timeMs: number): Uint8Array {
  const reader = new WireReader(profile);
  let isDated = false;
  while (reader.position < reader.end) {
    const tag = reader.tag();
    reader.skip(tag & 7);
    if (tag === varintTag(profileField.timeNanos)) isDated = reader.lo !== 0 || reader.hi !== 0;
  }
  if (isDated) return profile;
  // A field that comes again replaces the former.
  const writer = new WireWriter(profile.length + 16).raw(profile, 0, profile.length);
  return writer.bigintField(profileField.timeNanos, BigInt(Math.round(timeMs)) * nanosPerMs).view();
}
