import type { ComponentInstance, Health } from "../component/index.ts";
import { everyInterval } from "./interval.ts";

/** Where a value comes from, as some arguments say it. */
export interface ValueSource<V> {
  /** The value now. The text of the error is what is said about it. */
  ask(signal: AbortSignal): Promise<V>;
  close(): Promise<void>;
}

export interface PolledValueOptions<A, V> {
  /** Throws when the arguments cannot be used. */
  readonly open: (args: A) => ValueSource<V>;
  readonly publish: (args: A, value: V) => void;
  /** What the health says while the source answers. */
  readonly healthy: string;
  /** A poll has failed; the value that was published stays in use. */
  readonly failed?: (error: unknown) => void;
}

/** The arguments in force with the source that was made for them. */
interface Poll<A, V> {
  readonly args: A;
  readonly source: ValueSource<V>;
  readonly stop: AbortController;
  ended: Promise<void>;
  value: V;
}

interface PollArguments {
  /** Milliseconds, above 0. */
  readonly poll_frequency: number;
}

/** The instance of a component that asks for a value again and again, and exports it whenever it changes. */
export class PolledValue<A extends PollArguments, V> implements ComponentInstance<A> {
  readonly #options: PolledValueOptions<A, V>;
  #poll: Poll<A, V>;
  /** What it had before the last update. A configuration that is refused gives the same arguments back. */
  #former: Pick<Poll<A, V>, "args" | "value"> | undefined;
  #health: Health = health("unknown", "component started");
  #running = false;

  private constructor(options: PolledValueOptions<A, V>, poll: Poll<A, V>) {
    this.#options = options;
    this.#poll = poll;
    this.#publish(poll);
  }

  /** Throws when there is no value to begin with. */
  static async open<A extends PollArguments, V>(options: PolledValueOptions<A, V>, args: A): Promise<PolledValue<A, V>> {
    return new PolledValue(options, await firstPoll(options, args));
  }

  /** Throws, and goes on as before, when there is no value. Arguments that it had just before are taken with the value that it had then. */
  async update(args: A): Promise<void> {
    const known = this.#former?.args === args ? this.#former : undefined;
    const previous = this.#poll;
    let failure: unknown;
    const next = await firstPoll(this.#options, args, known && { value: known.value, failed: (error) => (failure = error) });
    this.#former = { args: previous.args, value: previous.value };
    this.#poll = next;
    this.#publish(next);
    if (failure !== undefined) this.#notePollFailure(failure);
    if (this.#running) this.#begin(next);
    await end(previous);
  }

  async run(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    this.#running = true;
    this.#begin(this.#poll);
    await aborted;
    this.#running = false;
    await end(this.#poll);
  }

  discard(): Promise<void> {
    return this.#poll.source.close();
  }

  health(): Health {
    return this.#health;
  }

  /** Its first answer is known already. */
  #begin(poll: Poll<A, V>): void {
    let known = true;
    poll.ended = everyInterval(poll.args.poll_frequency, poll.stop.signal, async () => {
      if (!known) await this.#refresh(poll);
      known = false;
    });
  }

  async #refresh(poll: Poll<A, V>): Promise<void> {
    try {
      poll.value = await poll.source.ask(poll.stop.signal);
      if (poll === this.#poll) this.#publish(poll);
    } catch (error) {
      if (!poll.stop.signal.aborted) this.#notePollFailure(error);
    }
  }

  #publish({ args, value }: Poll<A, V>): void {
    this.#health = health("healthy", this.#options.healthy);
    this.#options.publish(args, value);
  }

  #notePollFailure(error: unknown): void {
    this.#options.failed?.(error);
    this.#health = health("unhealthy", `polling failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Throws when there is no value, unless there is one to go on with: then `failed` is told. */
async function firstPoll<A, V>(
  { open }: PolledValueOptions<A, V>,
  args: A,
  fallback?: { readonly value: V; readonly failed: (error: unknown) => void },
): Promise<Poll<A, V>> {
  const source = open(args);
  const stop = new AbortController();
  let value: V;
  try {
    value = await source.ask(stop.signal);
  } catch (error) {
    if (fallback === undefined) {
      await source.close();
      throw error;
    }
    fallback.failed(error);
    ({ value } = fallback);
  }
  return { args, source, stop, ended: Promise.resolve(), value };
}

async function end({ source, stop, ended }: Poll<unknown, unknown>): Promise<void> {
  stop.abort();
  await ended;
  await source.close();
}

function health(state: Health["state"], message: string): Health {
  return { state, message, updatedAt: new Date() };
}
