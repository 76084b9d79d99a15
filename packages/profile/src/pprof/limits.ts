/** The bounds of everything that looks into a profile. Beyond them a `ProfileDataError` with the code `too_large` is thrown. */
export interface ProfileLimits {
  /** Of a profile, unpacked. */
  readonly maxBytes: number;
  /** Samples, locations, functions, mappings and texts of a profile together. */
  readonly maxRecords: number;
  /** Values of a sample. */
  readonly maxSampleTypes: number;
}

export const defaultProfileLimits: ProfileLimits = { maxBytes: 64 << 20, maxRecords: 4_000_000, maxSampleTypes: 32 };
