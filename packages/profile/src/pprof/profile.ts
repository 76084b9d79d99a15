/** A profile as a program that makes one sees it: stacks of frames with values. */
export interface Profile {
  readonly sampleTypes: readonly ValueType[];
  /** What one sample of the recording stands for. */
  readonly periodType?: ValueType;
  readonly period?: number;
  /** When it was recorded, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly durationMs: number;
  readonly samples: readonly ProfileSample[];
}

/** e.g. `cpu` in `nanoseconds`. */
export interface ValueType {
  readonly type: string;
  readonly unit: string;
}

export interface ProfileSample {
  /** Leaf first. */
  readonly stack: readonly ProfileFrame[];
  /** One integer for each sample type. */
  readonly values: readonly number[];
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ProfileFrame {
  readonly function: string;
  /** Empty when there is none. */
  readonly file: string;
  /** Where the function begins, 1-based; 0 when it is not known. */
  readonly functionLine: number;
  /** The line that was executed, 1-based; 0 when it is not known. */
  readonly line: number;
}
