import { DeliveryError } from "../../component/receiver.ts";

/** How long a delivery may go on when the receiver stops. What takes longer is being tried again and again, which may take minutes. */
export const deliveryGraceMs = 1000;

/**
 * What a receiver is passing on. Components further down stop after the receiver, because it depends on them: during an outage only the receiver can end
 * what they keep trying.
 */
export class Deliveries {
  readonly #underWay = new Set<AbortController>();
  #ended = false;

  /**
   * Lets `deliver` pass something on until `caller` aborts, which happens with {@link end} at the latest. What begins after that, because its body took so long to
   * come, gets {@link deliveryGraceMs}. Ends as it does; after the end with an error that asks the sender to try again, whatever the reason was.
   */
  async run<T>(caller: AbortController, deliver: () => Promise<T>): Promise<T> {
    const timer = this.#ended ? setTimeout(() => caller.abort(), deliveryGraceMs) : undefined;
    this.#underWay.add(caller);
    try {
      return await deliver();
    } catch (error) {
      throw this.#ended ? stopping(DeliveryError.from(error)) : error;
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(caller);
    }
  }

  /** Ends everything under way. */
  end(): void {
    this.#ended = true;
    for (const caller of this.#underWay) caller.abort();
  }
}

function stopping(cause: DeliveryError): DeliveryError {
  const message = `the receiver is stopping: ${cause.message}`;
  return new DeliveryError(message, { code: "unavailable", retryable: true, status: 503, partial: cause.partial, cause });
}
