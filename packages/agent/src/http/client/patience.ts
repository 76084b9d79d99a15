import { longestTimerMs } from "../time-limit.ts";
import { HttpClientError } from "./http-client-error.ts";

/** How long a request is waited for: until its time is over or its caller gives up, whichever comes first. */
export class Patience implements Disposable {
  #failure: HttpClientError | undefined;
  #notify: ((failure: HttpClientError) => void) | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #canceled = (): void => this.#giveUp(cancellation(this.#signal?.reason));

  constructor(timeoutMs: number | undefined, signal: AbortSignal | undefined) {
    this.#signal = signal;
    if (signal?.aborted === true) this.#canceled();
    else signal?.addEventListener("abort", this.#canceled);
    if (timeoutMs === undefined || timeoutMs > longestTimerMs) return;
    this.#timer = setTimeout(() => this.#giveUp(new HttpClientError("timeout", "context deadline exceeded")), Math.max(0, timeoutMs));
  }

  /** Why nobody waits any more. */
  get failure(): HttpClientError | undefined {
    return this.#failure;
  }

  /** Has `notify` called when it is over; at most one at a time. */
  set onEnd(notify: ((failure: HttpClientError) => void) | undefined) {
    this.#notify = notify;
  }

  /** `work`, or a rejection when it is over before. */
  async race<T>(work: Promise<T>): Promise<T> {
    try {
      return await Promise.race([
        new Promise<never>((_, reject) => {
          this.#notify = reject;
          if (this.#failure !== undefined) reject(this.#failure);
        }),
        // Waited for in any case: a failure that nobody hears of would end the program.
        work,
      ]);
    } finally {
      this.#notify = undefined;
    }
  }

  /** Nobody waits any more because it is over. */
  end(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#canceled);
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #giveUp(failure: HttpClientError): void {
    this.#failure ??= failure;
    this.#notify?.(this.#failure);
  }
}

/** `AbortSignal.timeout` is a deadline like any other. */
function cancellation(reason: unknown): HttpClientError {
  const expired = reason instanceof Error && (reason.name === "TimeoutError" || ("code" in reason && reason.code === "deadline_exceeded"));
  if (expired) return new HttpClientError("timeout", "context deadline exceeded", { cause: reason });
  return new HttpClientError("canceled", "context canceled", { cause: reason });
}
