/** A collector between senders and an endpoint that misbehaves, and what must hold when the fault is over. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { RunOptions } from "../support/flameline.ts";
import { Collector, freePort } from "../support/flameline.ts";
import { receiveAndWrite } from "../support/pipelines.ts";
import type { Accounts } from "./accounts.ts";
import { accountsOf } from "./accounts.ts";
import { printRow } from "./fault-table.ts";
import { FaultySink } from "./faulty-sink.ts";
import { backoff, recoveryLimitMs } from "./scale.ts";
import type { Sent, SendersOptions } from "./senders.ts";
import { Senders } from "./senders.ts";

export interface FaultRunOptions {
  /** Of the collector; the configuration is made here. */
  readonly run?: Omit<RunOptions, "config" | "path">;
  /** Put into the block of the endpoint, behind the backoffs. */
  readonly endpoint?: string;
  /** Put into the `http` block of the receiver. */
  readonly http?: string;
  /** Put into the block of `pyroscope.write`. */
  readonly write?: string;
  /** The endpoint's address where it is not the sink's. */
  readonly url?: string;
  readonly senders?: Omit<SendersOptions, "port">;
  readonly sink?: FaultySink;
  /** Further endpoints, each with the same settings. */
  readonly others?: readonly FaultySink[];
}

/** What a test allows besides everything arriving once. */
export interface Allowance {
  /** How many acknowledged profiles may be missing, by what the accounts say of them. */
  readonly lost?: (accounts: Accounts) => number;
  /** Moments at which the process was killed or stopped: what was under way then may be taken again. */
  readonly breaks?: readonly number[];
  readonly note?: string;
}

/** What was under way at a moment is taken so long before it, or after it by a sink that looks late. */
const underWayMs = { before: 1000, after: 300 } as const;

export class FaultRun implements AsyncDisposable {
  readonly collector: Collector;
  readonly sink: FaultySink;
  readonly senders: Senders;
  /** Of the receiver. */
  readonly port: number;
  readonly url: string;
  readonly #others: readonly FaultySink[];
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: Pick<FaultRun, "collector" | "sink" | "senders" | "port" | "url">,
    others: readonly FaultySink[],
    stack: AsyncDisposableStack,
  ) {
    this.collector = parts.collector;
    this.sink = parts.sink;
    this.senders = parts.senders;
    this.port = parts.port;
    this.url = parts.url;
    this.#others = others;
    this.#stack = stack;
  }

  /** Starts everything; profiles flow at once. */
  static async start({
    run = {},
    endpoint = "",
    http = "",
    write = "",
    url,
    senders,
    sink: given,
    others = [],
  }: FaultRunOptions = {}): Promise<FaultRun> {
    await using stack = new AsyncDisposableStack();
    const sink = stack.use(given ?? (await FaultySink.start()));
    const port = await freePort();
    const to = url ?? sink.url;
    const trusting = `tenant_headers = ["X-Scope-OrgID"]`;
    const settings = `${backoff}\n${endpoint}`;
    const blocks = others.map((other) => `endpoint {\nurl = "${other.url}"\n${settings}\n}`);
    const config = receiveAndWrite(port, to, [write, ...blocks].join("\n"), { endpoint: settings, http, receiver: trusting });
    const collector = stack.use(await Collector.start({ ...run, config }));
    const sending = stack.use(new Senders({ ...senders, port }));
    return new FaultRun({ collector, sink, senders: sending, port, url: to }, others, stack.move());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  /**
   * Call it when the last fault is over: checks that the program recovers in time, that nothing acknowledged is missing at any endpoint, and that the
   * accounts add up. Gives those of the first endpoint.
   */
  async settle(test: string, allowance: Allowance = {}): Promise<Accounts> {
    await this.#expectRecovery(Date.now());
    await this.senders.stop();
    const accounts = await this.#check(test, this.url, this.sink, allowance);
    for (const [index, other] of this.#others.entries()) await this.#check(`${test} (endpoint ${index + 2})`, other.url, other, allowance);
    return accounts;
  }

  async #check(test: string, url: string, sink: FaultySink, { lost = () => 0, breaks = [], note = "" }: Allowance): Promise<Accounts> {
    const { collector, senders } = this;
    const accounts = await this.#drained(url);
    const missing = senders.acknowledged.filter(({ id }) => !sink.taken.has(id)).map(({ id }) => id);
    const duplicates = [...sink.taken.values()].reduce((sum, { times }) => sum + times - 1, 0);
    const unexcused = senders.sent
      .filter((sent) => !isExcused(sent, sink, breaks))
      .map((sent) => ({ sent, taken: sink.taken.get(sent.id) }));
    const { expired, evicted, rejected } = accounts;
    const row = { sent: senders.sent.length, acknowledged: senders.acknowledged.length, arrived: sink.taken.size, duplicates };
    printRow({ test, ...row, expired, evicted, rejected, note });
    const log = (): string => collector.log().split("\n").slice(-30).join("\n");
    expect(sink.damaged, "arrived with other bytes than were sent").toEqual([]);
    expect(accounts.queued, `nothing is left in the queue of ${url}\n${log()}`).toBe(0);
    expect(missing.length, `acknowledged and lost: ${missing.join()}\n${JSON.stringify(accounts)}\n${log()}`).toBe(lost(accounts));
    expect(unexcused, `taken twice although no connection and no process broke\n${log()}`).toEqual([]);
    return accounts;
  }

  /** A profile that is sent now is acknowledged and taken by all endpoints before the limit. */
  async #expectRecovery(since: number): Promise<void> {
    const sinks = [this.sink, ...this.#others];
    const limit = since + recoveryLimitMs;
    while (Date.now() < limit) {
      const { id } = await this.senders.send();
      const arrived = (): boolean => sinks.every(({ taken }) => taken.has(id));
      while (Date.now() < limit && !arrived()) await sleep(20);
      if (arrived()) return;
    }
    throw new Error(`nothing is accepted and delivered ${recoveryLimitMs} ms after the fault:\n${this.collector.log()}`);
  }

  /** The accounts when nothing is queued, or nothing moves any more. */
  async #drained(url: string): Promise<Accounts> {
    let accounts = await accountsOf(this.collector, url);
    for (let stalled = 0, last = accounts.queued; accounts.queued > 0 && stalled < recoveryLimitMs; stalled += 100) {
      await sleep(100);
      accounts = await accountsOf(this.collector, url);
      if (accounts.queued < last) stalled = 0;
      last = accounts.queued;
    }
    return accounts;
  }
}

/** Whether a profile was taken once, or there is a reason why it was taken more often. */
function isExcused({ id, unanswered }: Sent, sink: FaultySink, breaks: readonly number[]): boolean {
  const taken = sink.taken.get(id);
  if (taken === undefined || taken.times === 1 || taken.broken || unanswered) return true;
  return breaks.some((at) => taken.at >= at - underWayMs.before && taken.at <= at + underWayMs.after);
}
