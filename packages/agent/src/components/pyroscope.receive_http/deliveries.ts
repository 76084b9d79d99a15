import type { DeliveryContext } from "../../component/receiver.ts";
import { DeliveryError } from "../../component/receiver.ts";

/** How long deliveries may go on when the receiver stops. What takes longer is being tried again and again, which may take minutes. */
export const deliveryGraceMs = 1000;

/**
 * What a receiver is passing on. Components further down stop after the receiver, because it depends on them: during an outage only the receiver can end
 * what they keep trying.
 */
export class Deliveries {
  readonly #underWay = new Set<AbortController>();
  #ended = false;

  /**
   * Lets `deliver` pass something on, in a context that also aborts with {@link end}. Rejects as it does; after the end with an error that asks the sender
   * to try again, whatever the reason was.
   */
  async run(context: DeliveryContext, deliver: (context: DeliveryContext) => Promise<void>): Promise<void> {
    if (this.#ended) throw stopping(undefined);
    const { signal: sender } = context;
    const own = new AbortController();
    const leave = (): void => own.abort(sender?.reason);
    if (sender?.aborted === true) leave();
    sender?.addEventListener("abort", leave);
    this.#underWay.add(own);
    try {
      await deliver({ ...context, signal: own.signal });
    } catch (error) {
      throw this.#ended ? stopping(DeliveryError.from(error)) : error;
    } finally {
      this.#underWay.delete(own);
      sender?.removeEventListener("abort", leave);
    }
  }

  /** Ends everything under way, and lets nothing begin any more. */
  end(): void {
    this.#ended = true;
    for (const own of this.#underWay) own.abort();
  }
}

function stopping(cause: DeliveryError | undefined): DeliveryError {
  const message = cause === undefined ? "the receiver is stopping" : `the receiver is stopping: ${cause.message}`;
  return new DeliveryError(message, { code: "unavailable", retryable: true, status: 503, partial: cause?.partial, cause });
}
