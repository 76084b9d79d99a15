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
   * Lets `deliver` pass something on until `caller` aborts, which happens with {@link end} at the latest. Ends as it does; after the end with an error
   * that asks the sender to try again, whatever the reason was.
   */
  async run<T>(caller: AbortController, deliver: () => Promise<T>): Promise<T> {
    if (this.#ended) throw stopping(undefined);
    this.#underWay.add(caller);
    try {
      return await deliver();
    } catch (error) {
      throw this.#ended ? stopping(DeliveryError.from(error)) : error;
    } finally {
      this.#underWay.delete(caller);
    }
  }

  /** Ends everything under way, and lets nothing begin any more. */
  end(): void {
    this.#ended = true;
    for (const caller of this.#underWay) caller.abort();
  }
}

function stopping(cause: DeliveryError | undefined): DeliveryError {
  const message = cause === undefined ? "the receiver is stopping" : `the receiver is stopping: ${cause.message}`;
  return new DeliveryError(message, { code: "unavailable", retryable: true, status: 503, partial: cause?.partial, cause });
}
