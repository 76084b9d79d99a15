import type { LineSink } from "../log/logging.ts";

/** Where a command writes and reads. Writing never fails; see `OutputQueue`. */
export interface Terminal {
  readonly out: TextSink;
  readonly err: ErrorSink;
  /** Whether diagnostics may be coloured. */
  readonly color: boolean;
  /** Everything on the standard input, up to its end. */
  readInput(): Promise<Uint8Array>;
}

/** Takes diagnostics and the log. */
export interface ErrorSink extends TextSink, LineSink {
  /** Resolves with true when everything is out, and with false when that takes longer than `limitMs`. */
  flushWithin(limitMs: number): Promise<boolean>;
}

export interface TextSink {
  write(text: string): void;
}
