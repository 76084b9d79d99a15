import { createHash } from "node:crypto";
import type { DeliveryErrors } from "./delivery-errors.ts";
import { noErrors } from "./delivery-errors.ts";
import type { Profile } from "./profile.ts";
import { DeliveryError } from "./receiver.ts";

/** How long it is remembered who took a profile of which others were refused: senders repeat within minutes or never. */
const memoryMs = 15 * 60_000;

/** How many series are remembered; the oldest are forgotten first. */
const maxRemembered = 10_000;

interface Remembered {
  readonly takers: WeakSet<object>;
  readonly at: number;
}

/**
 * Who already has what, after a call in which some took profiles and others failed: a sender that repeats such a call must not make the former get them
 * twice. Profiles are recognized by their labels and content. Costs nothing as long as there was no such failure lately.
 */
export class DeliveryMemory {
  readonly #remembered = new Map<string, Remembered>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** There was no call lately in which some took profiles and others failed. */
  get isEmpty(): boolean {
    return this.#remembered.size === 0;
  }

  /** For one call with all its profiles; {@link DeliveryCall.end} is due when it is over. */
  begin(): DeliveryCall {
    this.#forgetOld();
    return new DeliveryCall(this);
  }

  /** Whether `taker` took the profiles with this key in a call that failed elsewhere. */
  has(taker: object, key: string): boolean {
    const known = this.#remembered.get(key);
    return known !== undefined && known.at + memoryMs > this.#now() && known.takers.has(taker);
  }

  remember(taker: object, key: string): void {
    const takers = this.#remembered.get(key)?.takers ?? new WeakSet<object>();
    takers.add(taker);
    this.#remembered.delete(key);
    this.#remembered.set(key, { takers, at: this.#now() });
    this.#forgetOld();
  }

  /** Everybody has them: when the same content comes again it is new. */
  forget(key: string): void {
    this.#remembered.delete(key);
  }

  #forgetOld(): void {
    if (this.isEmpty) return;
    const oldest = this.#now() - memoryMs;
    for (const [key, { at }] of this.#remembered) {
      if (this.#remembered.size <= maxRemembered && at > oldest) return;
      this.#remembered.delete(key);
    }
  }
}

/** One call of a sender on its way to everybody who is to get it. */
export class DeliveryCall {
  readonly #memory: DeliveryMemory;
  readonly #taken: (readonly [taker: object, profiles: readonly Profile[]])[] = [];
  /** All takers get the same lists, and a key costs a look at every byte. */
  #keys: Map<readonly Profile[], string> | undefined;

  constructor(memory: DeliveryMemory) {
    this.#memory = memory;
  }

  /** Runs `deliver` unless `taker` had the profiles from an earlier call. Resolves to why it failed, in a list of one; never rejects. */
  async once(taker: object, profiles: readonly Profile[], deliver: () => Promise<void>): Promise<DeliveryErrors> {
    try {
      if (this.#memory.isEmpty || !this.#memory.has(taker, this.#keyOf(profiles))) await deliver();
    } catch (error) {
      return [DeliveryError.from(error)];
    }
    this.#taken.push([taker, profiles]);
    return noErrors;
  }

  /**
   * `errors` are what the sender hears of. When one of them makes it repeat the call, who took something is remembered; also when it has gone before it heard
   * of any: most do that because they have waited for too long, and come again.
   */
  end(errors: DeliveryErrors): void {
    if (errors.length === 0 && this.#memory.isEmpty) return;
    const repeated = errors.some(({ retryable, code }) => retryable || code === "canceled");
    for (const [taker, profiles] of this.#taken) {
      if (repeated) this.#memory.remember(taker, this.#keyOf(profiles));
      else this.#memory.forget(this.#keyOf(profiles));
    }
  }

  #keyOf(profiles: readonly Profile[]): string {
    this.#keys ??= new Map();
    let key = this.#keys.get(profiles);
    if (key === undefined) {
      key = keyOf(profiles);
      this.#keys.set(profiles, key);
    }
    return key;
  }
}

function keyOf(profiles: readonly Profile[]): string {
  const hash = createHash("sha256");
  for (const { labels, body } of profiles) {
    hash.update(`${labels.key}\n${body.kind}\n${body.kind === "ingest" ? `${body.path}?${body.query}` : ""}\n${body.data.length}\n`);
    hash.update(body.data);
  }
  return hash.digest("base64");
}
