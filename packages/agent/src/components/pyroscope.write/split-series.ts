import type { Profile } from "../../component/profile.ts";

/** Profiles that travel together: pprofs with the very same labels object, or one request to `/ingest`. */
export type Series = readonly [Profile, ...Profile[]];

/** Splits a list into series: neighbours that belong together. */
export function splitSeries(profiles: readonly Profile[]): readonly Series[] {
  const all: [Profile, ...Profile[]][] = [];
  for (const profile of profiles) {
    const series = all.at(-1);
    if (series !== undefined && belongTogether(series[0], profile)) series.push(profile);
    else all.push([profile]);
  }
  return all;
}

function belongTogether(one: Profile, other: Profile): boolean {
  return one.labels === other.labels && one.body.kind === "pprof" && other.body.kind === "pprof";
}
