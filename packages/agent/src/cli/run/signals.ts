/** Supervisors pass a terminal's signal on that reaches the program directly too (npm does): signals this close together are one. */
export const signalPauseMs = 300;

const stopSignals = ["SIGTERM", "SIGINT"] as const;

export interface SignalActions {
  /** The first SIGTERM or SIGINT. A later one ends the process at once, as if nobody had listened. */
  readonly stop: () => void;
  /** Every SIGHUP. */
  readonly reload: () => void;
}

/** Listens to signals for the rest of the process's life. */
export function listenToSignals({ stop, reload }: SignalActions): void {
  let stoppedAt: number | undefined;
  const end = (signal: NodeJS.Signals): void => {
    if (stoppedAt === undefined) {
      stoppedAt = performance.now();
      stop();
    } else if (performance.now() - stoppedAt >= signalPauseMs) {
      for (const name of stopSignals) process.off(name, end);
      process.kill(process.pid, signal);
    }
  };
  for (const signal of stopSignals) process.on(signal, end);
  process.on("SIGHUP", reload);
}
