import { unknownSubject } from "../../component/journey.ts";
import type { Logger } from "../../component/logger.ts";
import type { OpenedQueue } from "../../queue/open-queue.ts";
import { openQueue } from "../../queue/open-queue.ts";
import type { Queue, QueueLoss, QueueStats } from "../../queue/queue.ts";
import { QueueError } from "../../queue/queue.ts";
import type { Delivery } from "./delivery.ts";
import { nameEndpoint } from "./endpoint-file.ts";
import type { EndpointLedger } from "./endpoint-ledger.ts";
import type { QueueSettings } from "./queue-block.ts";
import { maxDeliveriesUnderWay } from "./slots.ts";
import { storeDelivery, subjectOf, topicOf, topicOfStored } from "./stored-delivery.ts";

/** How long new limits must stay before they count: a reload may be taken back, and what they cost does not come back. */
const limitDelayMs = 1000;

const lossTexts = {
  expired: "older than max_age of the queue",
  evicted: "the queue had no room for it within its max_bytes",
} as const;

/** How many services a line of the log about losses names. */
const maxNamedServices = 10;

/** How long a queue that could not be opened is left alone. */
const reopenAfterMs = 2000;

export interface EndpointQueueOptions {
  readonly folder: string;
  /** Of the endpoint. */
  readonly shownUrl: string;
  readonly settings: QueueSettings;
  readonly ledger: EndpointLedger;
  /** How many profiles in the folder the ledger has counted. */
  readonly carried: number;
  readonly log: Logger;
  /** The folder is not touched before this has ended. */
  readonly after: Promise<void>;
}

/**
 * The queue on disk of one endpoint. It outlives changes of the endpoint's settings. It is opened when it is first needed; what an earlier run left there is
 * entered in the ledger then.
 */
export class EndpointQueue {
  readonly #options: EndpointQueueOptions;
  #settings: QueueSettings;
  #opening: Promise<Queue> | undefined;
  #opened: Queue | undefined;
  #failedAt = -Infinity;
  #problem: string | undefined;
  #limiting: NodeJS.Timeout | undefined;

  constructor(options: EndpointQueueOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  get folder(): string {
    return this.#options.folder;
  }

  /** Why profiles wait for the endpoint instead of being kept, undefined when they are kept. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Undefined as long as it is not open. */
  get stats(): QueueStats | undefined {
    return this.#opened?.stats;
  }

  /** New limits count after a second. */
  configure(settings: QueueSettings): void {
    this.#settings = settings;
    clearTimeout(this.#limiting);
    this.#limiting = setTimeout(() => this.#opened?.limit(this.#settings), limitDelayMs).unref();
  }

  /** Resolves to true when the delivery is on disk. False: it could not be kept, {@link problem} says why. */
  async keep(delivery: Delivery): Promise<boolean> {
    try {
      const queue = await this.open();
      const { tenant, receivedAt: createdAt, profiles: units } = delivery;
      await queue.append({ tenant, topic: topicOf(delivery.subject), createdAt, units, payload: storeDelivery(delivery) });
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
      this.#report(error);
      return false;
    }
    if (this.#problem !== undefined) this.#recover();
    this.#options.ledger.keep(delivery.subject, delivery.profiles);
    return true;
  }

  /** The open queue. Rejects with a {@link QueueError}; then it is tried again after a while. */
  open(): Promise<Queue> {
    if (this.#opening === undefined) {
      if (performance.now() < this.#failedAt + reopenAfterMs) return Promise.reject(new QueueError("io", this.#problem ?? "not open"));
      this.#opening = this.#open();
      this.#opening.catch(() => {
        this.#opening = undefined;
        this.#failedAt = performance.now();
      });
    }
    return this.#opening;
  }

  async close(): Promise<void> {
    clearTimeout(this.#limiting);
    try {
      await (await this.#opening)?.close();
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
    }
  }

  async #open(): Promise<Queue> {
    const { folder, shownUrl, log, after } = this.#options;
    await after;
    let opened: OpenedQueue;
    const lost: QueueLoss[] = [];
    const onLoss = (loss: QueueLoss): void => void (this.#opened === undefined ? lost.push(loss) : this.#lose(loss));
    try {
      opened = await openQueue({ folder, ...this.#settings, concurrency: maxDeliveriesUnderWay, topicOf: topicOfStored, onLoss });
    } catch (error) {
      if (error instanceof QueueError) this.#report(error);
      throw error;
    }
    void nameEndpoint(folder, shownUrl);
    const { queue, recovered, problems } = opened;
    for (const problem of problems) log.error("part of the queue is damaged", { folder, err: problem });
    if (recovered.units > 0) {
      log.info("profiles of an earlier run are in the queue", { folder, profiles: recovered.units, bytes: recovered.bytes });
    }
    this.#enter(recovered, lost);
    this.#opened = queue;
    if (this.#problem !== undefined) this.#recover();
    queue.limit(this.#settings);
    return queue;
  }

  /** What was found, and what was found damaged, is in the ledger then. */
  #enter(recovered: OpenedQueue["recovered"], lost: readonly QueueLoss[]): void {
    const { ledger, carried } = this.#options;
    const found = lost.reduce((sum, { units }) => sum + units, recovered.units);
    if (carried === 0) for (const [topic, units] of recovered.topics) ledger.keep(subjectOf(topic), units, "since an earlier run");
    if (found > carried) ledger.accept(found - carried);
    if (found < carried) ledger.reject({ profiles: carried - found, bytes: 0 }, unknownSubject, "corrupt", "not in the folder any more");
    for (const loss of lost) this.#lose(loss);
  }

  #lose({ reason, units, bytes, tenant, topics }: QueueLoss): void {
    const { ledger, folder, log } = this.#options;
    const services = [...new Set([...topics.keys()].map((topic) => subjectOf(topic).service || "(unknown)"))];
    const named = services.length > maxNamedServices ? [...services.slice(0, maxNamedServices), "…"] : services;
    log.warn("profiles in the queue were given up", { folder, reason, profiles: units, bytes, tenant, services: named.join(",") });
    for (const [topic, part] of topics) {
      const size = { profiles: part.units, bytes: part.bytes };
      if (reason !== "corrupt") ledger.lose(reason, size, subjectOf(topic), lossTexts[reason]);
      else ledger.reject(size, subjectOf(topic), "corrupt", "damaged on disk");
    }
  }

  /** Said once for each new reason. A delivery that is too large says nothing about the queue. */
  #report(error: QueueError): void {
    if (error.code === "too_large")
      this.#options.log.warn("a profile does not fit in the queue and waits for the endpoint", { err: error });
    if (error.code === "too_large" || this.#problem === error.message) return;
    this.#problem = error.message;
    this.#options.log.error("profiles cannot be kept on disk and wait for the endpoint", { folder: this.#options.folder, err: error });
  }

  #recover(): void {
    this.#problem = undefined;
    this.#options.log.info("profiles are kept on disk again", { folder: this.#options.folder });
  }
}
