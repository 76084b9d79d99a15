/**
 * What can be repaired:
 *
 * - `label_names`: names with characters that are not allowed, empty or too long ones, and types of profiles (`__name__`) that are no name
 * - `duplicate_labels`: several labels of a sample with one name
 * - `label_count`: too many labels
 * - `label_values`: values that are too long
 * - `utf8`: texts that are not UTF-8
 * - `sample_types`: names of sample types with a dash
 * - `function_ids`: functions without ids
 * - `times`: profiles that are too old, or from the future
 * - `sample_count`, `size`: profiles that are too large and come out as several
 */
export const repairKinds = [
  "label_names",
  "duplicate_labels",
  "label_count",
  "label_values",
  "utf8",
  "sample_types",
  "function_ids",
  "times",
  "sample_count",
  "size",
] as const;

export type RepairKind = (typeof repairKinds)[number];

/** What a server takes. */
export interface RepairLimits {
  /** Labels of a series, those of samples among them, which servers make labels of the series. */
  readonly maxLabels: number;
  readonly maxSampleLabels: number;
  readonly maxNameBytes: number;
  readonly maxValueBytes: number;
  /** Of a profile, unpacked. */
  readonly maxProfileBytes: number;
  readonly maxSamples: number;
  readonly maxAgeMs: number;
  /** How far in the future a profile may be. */
  readonly maxAheadMs: number;
}

/**
 * Pyroscope's own defaults. Its limit of 4 MiB for a profile cannot be reached: one that exceeds the 2 MB that a tenant may send at once is always refused.
 */
export const defaultRepairLimits: RepairLimits = {
  maxLabels: 30,
  maxSampleLabels: 100,
  maxNameBytes: 1024,
  maxValueBytes: 2048,
  maxProfileBytes: 2_000_000,
  maxSamples: 16_000,
  maxAgeMs: 3_600_000,
  maxAheadMs: 600_000,
};

export interface RepairOptions {
  readonly limits: RepairLimits;
  /** What may be repaired. */
  readonly kinds: ReadonlySet<RepairKind>;
  /** Milliseconds since 1970. */
  readonly now: number;
}
