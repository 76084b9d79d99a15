/** A collector between senders and an endpoint that misbehaves, and what must hold when the fault is over. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { RunOptions } from "../support/flameline.ts";
import { Collector, freePort } from "../support/flameline.ts";
import { receiveAndWrite } from "../support/pipelines.ts";
import type { Accounts } from "./accounts.ts";
import { accountsOf } from "./accounts.ts";
import { printRow } from "./fault-table.ts";
import type { FaultySink } from "./faulty-sink.ts";
import { FaultySink as Sink } from "./faulty-sink.ts";
import { backoff, recoveryLimitMs } from "./scale.ts";
import type { Sent, SendersOptions } from "./senders.ts";
import { Senders } from "./senders.ts";

export interface FaultRunOptions {
  /** Of the collector; the configuration is made here. */
  readonly run?: Omit<RunOptions, "config" | "path">;
  /** Put into the block of the endpoint, behind the backoffs. */
  readonly endpoint?: string;
  /** Put into the block of `pyroscope.write`. */
  readonly write?: string;
  /** The endpoint's address where it is not the sink's. */
  readonly url?: string;
  readonly senders?: Omit<SendersOptions, "port">;
  readonly sink?: FaultySink;
}

/** What a test allows besides everything arriving once. */
export interface Allowance {
  /** How many acknowledged profiles may be missing, by what the accounts say of them. */
  readonly lost?: (accounts: Accounts) => number;
  /** Moments at which the process was killed: what was taken shortly before may be taken again. */
  readonly kills?: readonly number[];
  readonly note?: string;
}

/** Deliveries of which a kill has swallowed the end were begun at most so long before. */
const underWayMs = 1000;

export class FaultRun implements AsyncDisposable {
  readonly collector: Collector;
  readonly sink: FaultySink;
  readonly senders: Senders;
  /** Of the receiver. */
  readonly port: number;
  readonly url: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(parts: Pick<FaultRun, "collector" | "sink" | "senders" | "port" | "url">, stack: AsyncDisposableStack) {
    this.collector = parts.collector;
    this.sink = parts.sink;
    this.senders = parts.senders;
    this.port = parts.port;
    this.url = parts.url;
    this.#stack = stack;
  }

  /** Starts everything; profiles flow at once. */
  static async start({ run = {}, endpoint = "", write = "", url, senders, sink: given }: FaultRunOptions = {}): Promise<FaultRun> {
    await using stack = new AsyncDisposableStack();
    const sink = stack.use(given ?? (await Sink.start()));
    const port = await freePort();
    const to = url ?? sink.url;
    const trusting = `tenant_headers = ["X-Scope-OrgID"]`;
    const config = receiveAndWrite(port, to, write, { endpoint: `${backoff}\n${endpoint}`, receiver: trusting });
    const collector = stack.use(await Collector.start({ ...run, config }));
    const sending = stack.use(new Senders({ ...senders, port }));
    return new FaultRun({ collector, sink, senders: sending, port, url: to }, stack.move());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  /** Call it when the last fault is over: checks that the program recovers in time, that nothing acknowledged is missing, and that the accounts add up. */
  async settle(test: string, { lost = () => 0, kills = [], note = "" }: Allowance = {}): Promise<Accounts> {
    const { collector, senders, sink, url } = this;
    await this.#expectRecovery(Date.now());
    await senders.stop();
    const { accounts, missing } = await this.#drained();
    const duplicates = [...sink.taken.values()].reduce((sum, { times }) => sum + times - 1, 0);
    const unexcused = senders.sent.filter((sent) => !this.#isExcused(sent, kills)).map(({ id }) => id);
    const { expired, evicted, rejected } = accounts;
    const row = { sent: senders.sent.length, acknowledged: senders.acknowledged.length, arrived: sink.taken.size, duplicates };
    printRow({ test, ...row, expired, evicted, rejected, note });
    const log = (): string => collector.log().split("\n").slice(-30).join("\n");
    expect(accounts.queued, `nothing is left in the queue of ${url}\n${log()}`).toBe(0);
    expect(missing.length, `acknowledged and lost: ${missing.join()}\n${JSON.stringify(accounts)}\n${log()}`).toBe(lost(accounts));
    expect(unexcused, "taken twice although no connection and no process broke").toEqual([]);
    return accounts;
  }

  /** A profile that is sent now is acknowledged and taken by the endpoint before the limit. */
  async #expectRecovery(since: number): Promise<void> {
    const { senders, sink, collector } = this;
    const limit = since + recoveryLimitMs;
    while (Date.now() < limit) {
      const { id } = await senders.send();
      while (Date.now() < limit && !sink.taken.has(id)) await sleep(20);
      if (sink.taken.has(id)) return;
    }
    throw new Error(`nothing is accepted and delivered ${recoveryLimitMs} ms after the fault:\n${collector.log()}`);
  }

  /** Waits until nothing is queued, or nothing moves any more. */
  async #drained(): Promise<{ readonly accounts: Accounts; readonly missing: readonly string[] }> {
    const { collector, senders, sink, url } = this;
    let accounts = await accountsOf(collector, url);
    for (let stalled = 0, last = accounts.queued; accounts.queued > 0 && stalled < recoveryLimitMs; stalled += 100) {
      await sleep(100);
      accounts = await accountsOf(collector, url);
      if (accounts.queued < last) stalled = 0;
      last = accounts.queued;
    }
    const missing = senders.acknowledged.filter(({ id }) => !sink.taken.has(id)).map(({ id }) => id);
    return { accounts, missing };
  }

  /** Whether a profile was taken once, or there is a reason why it was taken more often. */
  #isExcused({ id, unanswered }: Sent, kills: readonly number[]): boolean {
    const taken = this.sink.taken.get(id);
    if (taken === undefined || taken.times === 1 || taken.broken || unanswered) return true;
    return kills.some((at) => taken.at <= at && taken.at >= at - underWayMs);
  }
}
