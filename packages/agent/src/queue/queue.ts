/** Something to keep until it is done with. */
export interface NewRecord {
  /** Whose it is: queues share their room and their sending between tenants. Empty for nobody in particular; at most 512 bytes. */
  readonly tenant: string;
  /** What losses are told by, besides the tenant; default empty. It is not written down: see `topicOf` of the queue's options. */
  readonly topic?: string;
  /** Milliseconds since 1970; its age counts from here. */
  readonly createdAt: number;
  /** How many things the accounting counts in it. */
  readonly units: number;
  /** The parts are copied one behind the other and come back as one. Their memory is the caller's again when `append` has returned. */
  readonly payload: readonly Uint8Array[];
}

export interface RetryOptions {
  readonly at: number;
  readonly pauseTenantUntil?: number;
  /** For whoever gets the record next: how far this one got. */
  readonly memo?: unknown;
  /** How many units are left in it, if some are done with: only these count from now on. Forgotten when the queue is closed, as {@link memo} is. */
  readonly units?: number;
}

/** A record in somebody's hands. Exactly one of {@link done} and {@link retry} ends that. */
export interface Lease {
  readonly tenant: string;
  readonly createdAt: number;
  readonly units: number;
  /** Size of the payload. */
  readonly bytes: number;
  /** How often it came back by {@link retry} since the queue was opened. */
  readonly attempts: number;
  /** What its last holder left with {@link retry}; lost when the queue is closed. */
  readonly memo: unknown;
  /**
   * From memory when it was just written, from the disk otherwise. Rejects with a {@link QueueError} when it cannot be read: `corrupt`, then {@link done} is
   * due and the queue tells of the loss, or another when it may be possible later. The bytes stay as they are until {@link done}, and after {@link retry}.
   */
  payload(): Promise<Uint8Array>;
  /** It needs no keeping any more. Durably so soon afterwards, after a `kill -9` at once. The memory of its payload may hold something else from now on. */
  done(): void;
  /**
   * Puts it back. It is not handed out before `at` (milliseconds since 1970). With `pauseTenantUntil` nothing of its tenant is before that time, and from
   * then on one record at a time until one of them is {@link done}: how a tenant whose server fails is probed without holding up the others.
   */
  retry(options: RetryOptions): void;
}

export type LossReason = "expired" | "evicted" | "corrupt";

/** Records that the queue gave up by itself. */
export interface QueueLoss {
  readonly reason: LossReason;
  readonly tenant: string;
  readonly records: number;
  readonly units: number;
  readonly bytes: number;
  /** The same by topic; what nobody knows the topic of is under the empty one. */
  readonly topics: ReadonlyMap<string, { readonly units: number; readonly bytes: number }>;
}

export interface QueueStats {
  readonly records: number;
  readonly units: number;
  /** Of records that wait or are leased, with what the format adds. */
  readonly bytes: number;
  /** What the files take, at most the budget and one segment. */
  readonly fileBytes: number;
  /** When the oldest record was created, undefined when there is none. */
  readonly oldestAt: number | undefined;
  readonly tenants: number;
}

/** A queue on disk. */
export interface Queue {
  readonly stats: QueueStats;
  /**
   * Resolves when the record is on disk and survives a crash of the machine; many calls share one fsync. When the budget is spent, the oldest records of
   * the tenant that holds most make room. Rejects with a {@link QueueError}; then nothing of it is kept.
   */
  append(record: NewRecord): Promise<void>;
  /**
   * The next record: tenants in turn; within a tenant the oldest first, but every fourth time the newest, so that what comes in now is not delayed by
   * all that has waited. Waits for one; undefined when `signal` aborts or the queue is closed.
   */
  take(signal: AbortSignal): Promise<Lease | undefined>;
  /** Changes the bounds of an open queue. */
  limit(limits: { readonly maxBytes: number; readonly maxAgeMs: number }): void;
  /** Waits for what is being written and closes the files. Leases may still end; what was not done is there again when it is opened next. */
  close(): Promise<void>;
}

/** `full`: no room on the disk. `io`: the disk fails. `too_large`: it alone is more than the budget. `closed`: the queue is. `corrupt`: it is damaged. */
export type QueueErrorCode = "full" | "io" | "too_large" | "closed" | "corrupt";

export class QueueError extends Error {
  override readonly name = "QueueError";
  readonly code: QueueErrorCode;

  constructor(code: QueueErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
