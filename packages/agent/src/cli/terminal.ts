import type { LineSink } from "../log/logging.ts";

/** Where a command writes and reads. Writing never fails; see `OutputQueue`. */
export interface Terminal {
  readonly out: TextSink;
  /** Diagnostics, and the log. */
  readonly err: TextSink & LineSink;
  /** Whether diagnostics may be coloured. */
  readonly color: boolean;
  /** Everything on the standard input, up to its end. */
  readInput(): Promise<Uint8Array>;
}

export interface TextSink {
  write(text: string): void;
}
