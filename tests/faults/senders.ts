/** Programs that push profiles as SDKs do: at a steady rate, by both ways, repeating what was not acknowledged, and remembering everything. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { encodeProfile } from "@flameline/profile";
import { encodePush } from "../support/push-service.ts";
import { perSecond } from "./scale.ts";

export interface SendersOptions {
  /** Of the receiver. */
  readonly port: number;
  /** Profiles per second. */
  readonly rate?: number;
  readonly kinds?: readonly ("push" | "ingest")[];
  /** Each profile is of the next of these; empty: of nobody in particular. */
  readonly tenants?: readonly string[];
  /** About what a profile takes. */
  readonly bytes?: number;
  /** How long one attempt may take. */
  readonly attemptMs?: number;
  /** How long a profile is repeated until it is acknowledged. */
  readonly patienceMs?: number;
}

/** What became of one profile at its sender. */
export interface Sent {
  readonly id: string;
  readonly tenant: string;
  readonly at: number;
  attempts: number;
  /** An attempt ended without an answer, so whether the profile was taken is not known. */
  unanswered: boolean;
  /** When it was told that the profile is safe, milliseconds since 1970. */
  acknowledgedAt: number | undefined;
  /** What it was told, in order; 0 for no answer. */
  readonly statuses: number[];
}

/** How long to wait before repeating. */
const repeatMs = 150;

let runs = 0;

export class Senders implements AsyncDisposable {
  readonly sent: Sent[] = [];
  readonly #options: Required<SendersOptions>;
  readonly #prefix: string;
  readonly #open = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #givingUp = false;

  constructor(options: SendersOptions) {
    this.#options = {
      rate: perSecond,
      kinds: ["push", "ingest"],
      tenants: [""],
      bytes: 600,
      attemptMs: 5000,
      patienceMs: 60_000,
      ...options,
    };
    runs += 1;
    this.#prefix = `s${runs}-${randomBytes(3).toString("hex")}`;
    this.#timer = setInterval(() => void this.send(), 1000 / this.#options.rate);
  }

  get acknowledged(): readonly Sent[] {
    return this.sent.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined);
  }

  /** Sends one profile now; resolves when it was acknowledged or given up. */
  async send(): Promise<Sent> {
    const number = this.sent.length;
    const { kinds, tenants } = this.#options;
    const sent: Sent = {
      id: `${this.#prefix}-${number}`,
      tenant: tenants[number % tenants.length] ?? "",
      at: Date.now(),
      attempts: 0,
      unanswered: false,
      acknowledgedAt: undefined,
      statuses: [],
    };
    this.sent.push(sent);
    // Both ways are used by every tenant.
    const kind = kinds[Math.floor(number / tenants.length) % kinds.length] ?? "push";
    const work = this.#repeat(sent, kind).finally(() => this.#open.delete(work));
    this.#open.add(work);
    await work;
    return sent;
  }

  /** How many profiles are on their way. */
  get underWay(): number {
    return this.#open.size;
  }

  /** Begins nothing new by itself. */
  pause(): void {
    clearInterval(this.#timer);
  }

  /** Begins nothing new; resolves when nothing is on its way any more. */
  async stop(): Promise<void> {
    this.pause();
    await Promise.all(this.#open);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#givingUp = true;
    await this.stop();
  }

  async #repeat(sent: Sent, kind: "push" | "ingest"): Promise<void> {
    const { url, init } = this.#request(sent, kind);
    const { attemptMs, patienceMs } = this.#options;
    while (!this.#givingUp && Date.now() < sent.at + patienceMs) {
      sent.attempts += 1;
      try {
        const { status } = await fetch(url, { ...init, signal: AbortSignal.timeout(attemptMs) });
        sent.statuses.push(status);
        if (status < 300) sent.acknowledgedAt = Date.now();
        // No repeating helps after the other ones.
        if (status < 500 && status !== 429) return;
      } catch {
        sent.unanswered = true;
        sent.statuses.push(0);
      }
      await sleep(repeatMs);
    }
  }

  #request({ id, tenant }: Sent, kind: "push" | "ingest"): { readonly url: string; readonly init: RequestInit } {
    const { port, bytes } = this.#options;
    const raw = profileOf(id, bytes);
    const headers: Record<string, string> = tenant === "" ? {} : { "x-scope-orgid": tenant };
    if (kind === "ingest") {
      const query = new URLSearchParams({ name: `shop{id=${id}}`, format: "pprof", spyName: "faults" });
      return { url: `http://127.0.0.1:${port}/ingest?${query.toString()}`, init: { method: "POST", headers, body: raw } };
    }
    const labels = [
      { name: "__name__", value: "process_cpu" },
      { name: "service_name", value: "shop" },
    ];
    const body = Buffer.from(encodePush({ series: [{ labels, samples: [{ rawProfile: raw, ID: id }] }] }));
    return {
      url: `http://127.0.0.1:${port}/push.v1.PusherService/Push`,
      init: { method: "POST", headers: { ...headers, "content-type": "application/proto" }, body },
    };
  }
}

/** A pprof that no other is equal to. */
function profileOf(id: string, bytes: number): Buffer<ArrayBuffer> {
  return gzipSync(
    encodeProfile({
      sampleTypes: [{ type: "cpu", unit: "nanoseconds" }],
      samples: [
        { stack: [{ function: randomBytes(bytes >> 1).toString("hex"), file: id, line: 3, functionLine: 1 }], values: [1_000_000] },
      ],
      timeMs: Date.now(),
      durationMs: 10_000,
    }),
  );
}
