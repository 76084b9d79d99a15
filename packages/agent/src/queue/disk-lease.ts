import type { Lease, RetryOptions } from "./queue.ts";
import { QueueError } from "./queue.ts";

/** What a lease needs of the queue that gave it. */
export interface LeaseOwner {
  payloadOf(slot: number): Promise<Uint8Array>;
  end(lease: DiskLease): void;
  putBack(lease: DiskLease, options: RetryOptions): void;
}

export interface LeaseFacts {
  readonly slot: number;
  /** The pause after which it was handed out alone, 0 when it was handed out as any other. */
  readonly probe: number;
  readonly tenant: string;
  readonly createdAt: number;
  readonly units: number;
  readonly bytes: number;
  readonly attempts: number;
  readonly memo: unknown;
}

export class DiskLease implements Lease {
  readonly slot: number;
  readonly probe: number;
  readonly tenant: string;
  readonly createdAt: number;
  readonly units: number;
  readonly bytes: number;
  readonly attempts: number;
  readonly memo: unknown;
  /** Its payload was asked for and is damaged. */
  unreadable = false;
  readonly #owner: LeaseOwner;
  #ended = false;

  constructor(owner: LeaseOwner, facts: LeaseFacts) {
    this.#owner = owner;
    this.slot = facts.slot;
    this.probe = facts.probe;
    this.tenant = facts.tenant;
    this.createdAt = facts.createdAt;
    this.units = facts.units;
    this.bytes = facts.bytes;
    this.attempts = facts.attempts;
    this.memo = facts.memo;
  }

  async payload(): Promise<Uint8Array> {
    if (this.#ended) throw new QueueError("closed", "the record was given back");
    try {
      return await this.#owner.payloadOf(this.slot);
    } catch (error) {
      this.unreadable = error instanceof QueueError && error.code === "corrupt";
      throw error;
    }
  }

  done(): void {
    this.#end();
    this.#owner.end(this);
  }

  retry(options: RetryOptions): void {
    this.#end();
    this.#owner.putBack(this, options);
  }

  #end(): void {
    if (this.#ended) throw new Error("a lease ends once, by done() or by retry()");
    this.#ended = true;
  }
}
