import type { Labels } from "../labels/labels.ts";

/** What a `push.v1.PushRequest` carries: profiles by label set. */
export type PushRequest = readonly PushSeries[];

export interface PushSeries {
  readonly labels: Labels;
  readonly samples: readonly PushSample[];
}

/** One pprof, gzip or plain, with the sender's id for it (often a UUID, may be empty). */
export interface PushSample {
  readonly id: string;
  readonly raw: Uint8Array;
}

/** Field numbers of https://github.com/grafana/pyroscope/blob/main/api/push/v1/push.proto and types/v1/types.proto. */
export const requestField = { series: 1 } as const;
export const seriesField = { labels: 1, samples: 2 } as const;
export const labelPairField = { name: 1, value: 2 } as const;
export const rawSampleField = { rawProfile: 1, id: 2 } as const;

/**
 * How Connect's Go library introduces what it cannot unmarshal, to be put after `unmarshal message: `. The no-break space is from protobuf's Go
 * library, which wants nobody to compare its texts.
 */
export const unmarshalPrefix = "unmarshal into *pushv1.PushRequest: proto:\u{a0}";

export interface PushLimits {
  /** Label sets in a request. */
  readonly maxSeries: number;
  /** Profiles in a request. */
  readonly maxSamples: number;
  /** Labels in a set. A Pyroscope server takes 30 by default. */
  readonly maxLabels: number;
}

export const defaultPushLimits: PushLimits = { maxSeries: 100_000, maxSamples: 100_000, maxLabels: 1_000 };
