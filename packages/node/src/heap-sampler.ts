import type { Session } from "node:inspector/promises";
import type { Profile, ProfileFrame } from "@flameline/profile";
import type { HeapStack } from "./heap-profile.ts";
import { heapProfile, heapStacks } from "./heap-profile.ts";
import { syntheticFrame } from "./stack-frame.ts";

/** `inuse`: what is alive now. `allocs`: everything allocated since the start, dead or alive. */
export type HeapMode = "inuse" | "allocs";

/** V8 has one heap sampler, and while it keeps dead objects it cannot tell them from live ones: the two modes exclude each other. */
export class HeapSamplerBusy extends Error {
  override readonly name = "HeapSamplerBusy";
  /** When the other mode ends if nobody asks for it again. */
  readonly retryAfterSeconds: number;

  constructor(running: HeapMode, retryAfterSeconds: number) {
    super(
      `V8 has one heap sampler and it is recording ${running === "inuse" ? "live objects (heap)" : "all allocations (allocs)"}; ` +
        `it is free when nobody has asked for that for ${Math.ceil(retryAfterSeconds)} s`,
    );
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface HeapSamplerOptions {
  /** Mean number of bytes between two samples: 512 KiB, as in Go; smaller costs CPU. */
  readonly intervalBytes?: number;
  readonly stackDepth?: number;
  /** A mode that nobody has asked for this long ends, and the other one may start. */
  readonly leaseMs?: number;
  /** Stacks that the sum of all allocations may hold; more go into one frame `(other stacks)`. */
  readonly maxStacks?: number;
}

const external = syntheticFrame("(external memory)");
const otherStacks: readonly ProfileFrame[] = [syntheticFrame("(other stacks)")];

/**
 * The process's one heap sampler. It runs from the first request for a mode until nobody asks for that mode any more, so the first answer is about what was
 * allocated from then on. Reading makes V8 collect garbage once, which stops the thread for some milliseconds (more on a large heap).
 */
export class HeapSampler {
  readonly #intervalBytes: number;
  readonly #stackDepth: number;
  readonly #leaseMs: number;
  readonly #maxStacks: number;
  #session: Session | undefined;
  #mode: HeapMode | undefined;
  #startedAt = 0;
  #lastAsked = 0;
  #lease: NodeJS.Timeout | undefined;
  /** All allocations by stack; V8's own list would grow without end. */
  readonly #allocated = new Map<string, { readonly stack: readonly ProfileFrame[]; bytes: number }>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor({ intervalBytes = 512 * 1024, stackDepth = 64, leaseMs = 120_000, maxStacks = 10_000 }: HeapSamplerOptions = {}) {
    this.#intervalBytes = intervalBytes;
    this.#stackDepth = stackDepth;
    this.#leaseMs = leaseMs;
    this.#maxStacks = maxStacks;
  }

  /** Starts a mode if none runs, and renews its lease. Throws {@link HeapSamplerBusy} while the other one runs. */
  start(mode: HeapMode): Promise<void> {
    return this.#inTurn(async () => {
      await this.#start(mode);
    });
  }

  /** What is alive now, or what was allocated since the mode first started. Starts the mode when none runs. */
  read(mode: HeapMode): Promise<Profile> {
    return this.#inTurn(async () => {
      const session = await this.#start(mode);
      return mode === "inuse" ? this.#readLive(session) : this.#readAllocated(session);
    });
  }

  /** Ends sampling and frees what was kept. */
  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop());
  }

  /** One operation at a time: the sampler is stopped and started again while it is read. */
  #inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(operation);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #start(mode: HeapMode): Promise<Session> {
    if (this.#mode !== undefined && this.#mode !== mode) {
      throw new HeapSamplerBusy(this.#mode, Math.max(1, (this.#lastAsked + this.#leaseMs - Date.now()) / 1000));
    }
    this.#renewLease();
    if (this.#session !== undefined) return this.#session;
    const { Session } = await import("node:inspector/promises");
    const session = new Session();
    session.connect();
    this.#session = session;
    this.#mode = mode;
    this.#startedAt = Date.now();
    await this.#begin(session);
    return session;
  }

  async #begin(session: Session): Promise<void> {
    const all = this.#mode === "allocs";
    await session.post("HeapProfiler.startSampling", {
      samplingInterval: this.#intervalBytes,
      stackDepth: this.#stackDepth,
      includeObjectsCollectedByMajorGC: all,
      includeObjectsCollectedByMinorGC: all,
    });
  }

  async #readLive(session: Session): Promise<Profile> {
    const { profile } = await session.post("HeapProfiler.getSamplingProfile");
    const stacks: readonly HeapStack[] = [...heapStacks(profile), { stack: [external], bytes: process.memoryUsage().external }];
    return this.#profile("inuse_space", stacks);
  }

  async #readAllocated(session: Session): Promise<Profile> {
    const { profile } = await session.post("HeapProfiler.stopSampling");
    await this.#begin(session);
    for (const { stack, bytes } of heapStacks(profile)) this.#addAllocated(stack, bytes);
    return this.#profile("alloc_space", this.#allocated.values());
  }

  #addAllocated(stack: readonly ProfileFrame[], bytes: number): void {
    const key = stack.map((frame) => `${frame.function}\0${frame.file}\0${frame.line}`).join("\n");
    const known = this.#allocated.get(key);
    if (known !== undefined) known.bytes += bytes;
    else if (this.#allocated.size < this.#maxStacks) this.#allocated.set(key, { stack, bytes });
    else if (stack !== otherStacks) this.#addAllocated(otherStacks, bytes);
    else this.#allocated.set(key, { stack, bytes });
  }

  #profile(type: "inuse_space" | "alloc_space", stacks: Iterable<HeapStack>): Profile {
    const durationMs = Date.now() - this.#startedAt;
    return heapProfile(stacks, { type, intervalBytes: this.#intervalBytes, startedAt: this.#startedAt, durationMs });
  }

  #renewLease(): void {
    this.#lastAsked = Date.now();
    clearTimeout(this.#lease);
    this.#lease = setTimeout(() => void this.stop(), this.#leaseMs);
    this.#lease.unref();
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#lease);
    const session = this.#session;
    this.#session = undefined;
    this.#mode = undefined;
    this.#allocated.clear();
    if (session === undefined) return;
    await session.post("HeapProfiler.stopSampling");
    session.disconnect();
  }
}
