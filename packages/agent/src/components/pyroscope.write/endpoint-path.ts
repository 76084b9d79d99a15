import type { DeliveryContext } from "../../component/receiver.ts";
import type { Delivery, DeliverySize } from "./delivery.ts";
import type { JourneySubject } from "../../component/journey.ts";
import type { EndpointLedger } from "./endpoint-ledger.ts";
import type { EndpointQueue } from "./endpoint-queue.ts";
import type { EndpointSender } from "./endpoint-sender.ts";

export interface EndpointPathOptions {
  readonly ledger: EndpointLedger;
  readonly sender: EndpointSender;
  /** Absent: senders wait for the endpoint. */
  readonly queue: EndpointQueue | undefined;
}

/**
 * The way of deliveries to one endpoint: onto the disk, or straight to the endpoint when there is no queue or it cannot take them. Whatever comes in is
 * entered in the ledger.
 */
export class EndpointPath {
  readonly #ledger: EndpointLedger;
  readonly #sender: EndpointSender;
  readonly #queue: EndpointQueue | undefined;

  constructor({ ledger, sender, queue }: EndpointPathOptions) {
    this.#ledger = ledger;
    this.#sender = sender;
    this.#queue = queue;
  }

  /** Stands for the endpoint, whatever its settings are. */
  get identity(): object {
    return this.#ledger;
  }

  /** Resolves when it is safe: on disk, or with the endpoint. Rejects with a `DeliveryError`. */
  accept(delivery: Delivery, context: DeliveryContext): Promise<void> {
    this.#ledger.accept(delivery.profiles);
    return this.#queue === undefined ? this.#sender.send(delivery, context) : this.#keepOrSend(this.#queue, delivery, context);
  }

  async #keepOrSend(queue: EndpointQueue, delivery: Delivery, context: DeliveryContext): Promise<void> {
    if (!(await queue.keep(delivery))) await this.#sender.send(delivery, context);
  }

  /** Enters what cannot be sent to anybody. */
  reject(size: DeliverySize, subject: JourneySubject, reason: string, text: string): void {
    this.#ledger.accept(size.profiles);
    this.#ledger.reject(size, subject, reason, text);
  }

  /** Senders that wait for another attempt get the last error now. */
  stop(): void {
    this.#sender.stop();
  }
}
