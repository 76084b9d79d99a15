/** Where a command writes and reads. Writing never fails; see `OutputQueue`. */
export interface Terminal {
  readonly out: { write(text: string): void };
  readonly err: { write(text: string): void };
  /** Whether diagnostics may be coloured. */
  readonly color: boolean;
  /** Everything on the standard input, up to its end. */
  readInput(): Promise<Uint8Array>;
}
