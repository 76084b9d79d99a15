import type { Logger } from "../../component/index.ts";
import { formatByteSize } from "../../schema/index.ts";
import type { ScrapeLimits } from "./scrape-limits.ts";
import type { ScrapeMetrics } from "./scrape-metrics.ts";

/** What a job remembers to subtract it from the next profile. */
export interface DeltaState {
  readonly profileType: string;
  /** Frees it. What comes next is a new beginning. */
  forget(): void;
}

/**
 * The order in which profile types are given up when memory is short. Contention first: it is off in Go programs that do not ask for it, and looked at
 * less than memory. What is not subtracted (CPU, goroutines, what the target subtracts itself) remembers nothing and is never given up.
 */
export const shedOrder: readonly string[] = ["block", "mutex", "memory"];

/** So much of the limit is in use after giving up states, and may be in use for one to come back: the rest is room to grow. */
const settledShare = 0.9;

/** A state that was given up. */
interface Shed {
  readonly bytes: number;
  /** On the clock of `performance.now()`. */
  readonly at: number;
}

export interface DeltaBudgetOptions {
  readonly limitBytes: number;
  readonly limits: Pick<ScrapeLimits, "shedRestMs" | "shedRetryMs">;
  readonly metrics: Pick<ScrapeMetrics, "shed" | "leftOut">;
  readonly log: Logger;
  /** Milliseconds on a clock that never jumps. */
  readonly now?: () => number;
}

/**
 * Bounds what all jobs of a component remember for their differences, in bytes. When it is too much, states are given up by {@link shedOrder}, within a
 * type the largest first, so that few targets lose a type; a state larger than the limit only gives up itself. A state that was given up may come back
 * after a rest, when there is room for what it had, and none of a more valued type waits for that room.
 */
export class DeltaBudget {
  readonly #options: DeltaBudgetOptions;
  readonly #now: () => number;
  readonly #held = new Map<DeltaState, number>();
  readonly #shed = new Map<DeltaState, Shed>();
  #limit: number;
  #used = 0;

  constructor(options: DeltaBudgetOptions) {
    this.#options = options;
    this.#limit = options.limitBytes;
    this.#now = options.now ?? (() => performance.now());
  }

  get limitBytes(): number {
    return this.#limit;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** How many states are given up at present. */
  get shedStates(): number {
    return this.#shed.size;
  }

  isShed(state: DeltaState): boolean {
    return this.#shed.has(state);
  }

  /** Bytes on the account of a state. */
  bytesOf(state: DeltaState): number {
    return this.#held.get(state) ?? 0;
  }

  resize(limitBytes: number): void {
    this.#limit = limitBytes;
    this.#settle();
  }

  /** Whether a profile of this state is of use. A state that was given up comes back by this, and is charged what it had; what does not is counted. */
  admit(state: DeltaState): boolean {
    const shed = this.#shed.get(state);
    if (shed === undefined) return true;
    if (!this.#mayReturn(state, shed)) {
      this.#options.metrics.leftOut.inc();
      return false;
    }
    this.#sayWhenSettled();
    return true;
  }

  #mayReturn(state: DeltaState, shed: Shed): boolean {
    const rested = this.#now() - shed.at;
    const { shedRestMs, shedRetryMs } = this.#options.limits;
    // What it will need after an hour is anybody's guess: a state for which there was no room tries again then.
    const bytes = rested < shedRetryMs ? shed.bytes : 0;
    if (rested < shedRestMs || this.#used + bytes > this.#limit * settledShare || this.#isOutranked(state)) return false;
    this.#shed.delete(state);
    this.#charge(state, bytes);
    return true;
  }

  /** Sets what a state holds now. States are given up when that is too much, perhaps this one. */
  account(state: DeltaState, bytes: number): void {
    this.#charge(state, bytes);
    if (bytes > this.#limit) this.#giveUp([state]);
    this.#settle();
  }

  /** The job has ended. */
  release(state: DeltaState): void {
    this.#charge(state, 0);
    if (this.#shed.delete(state)) this.#sayWhenSettled();
  }

  #sayWhenSettled(): void {
    if (this.#shed.size === 0) this.#options.log.info("all profile types are scraped again, delta_memory_limit suffices");
  }

  #charge(state: DeltaState, bytes: number): void {
    this.#used += bytes - this.bytesOf(state);
    if (bytes === 0) this.#held.delete(state);
    else this.#held.set(state, bytes);
  }

  #settle(): void {
    for (const type of shedOrder) {
      if (this.#used <= this.#limit) return;
      this.#giveUp(
        [...this.#held.keys()].filter(({ profileType }) => profileType === type).sort((a, b) => this.bytesOf(b) - this.bytesOf(a)),
      );
    }
  }

  /** Gives up states in the given order, until enough is free. */
  #giveUp(states: readonly DeltaState[]): void {
    const { metrics, log } = this.#options;
    for (const state of states) {
      if (this.#used <= this.#limit * settledShare) return;
      const { profileType } = state;
      if (this.#shed.size === 0) {
        log.warn("delta_memory_limit is used up, profile types of some targets are left out", {
          limit: formatByteSize(this.#limit),
          first: profileType,
        });
      }
      this.#shed.set(state, { bytes: this.bytesOf(state), at: this.#now() });
      this.#charge(state, 0);
      state.forget();
      metrics.shed(profileType);
    }
  }

  #fitsAlone({ bytes }: Shed): boolean {
    return bytes <= this.#limit * settledShare;
  }

  /** Whether a more valued type waits to come back. It has its turn for an hour: room that is never enough for it must not stay empty. */
  #isOutranked({ profileType }: DeltaState): boolean {
    const rank = shedOrder.indexOf(profileType);
    const oldest = this.#now() - this.#options.limits.shedRetryMs;
    for (const [other, shed] of this.#shed) {
      if (shedOrder.indexOf(other.profileType) > rank && shed.at > oldest && this.#fitsAlone(shed)) return true;
    }
    return false;
  }
}
