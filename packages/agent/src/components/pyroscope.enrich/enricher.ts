import type { Labels } from "@flameline/profile";
import type { DebugInfoClient } from "../../component/debug-info-client.ts";
import type { JourneyHop } from "../../component/journey.ts";
import type { Profile } from "../../component/profile.ts";
import type { DeliveryContext, ProfileReceiver } from "../../component/receiver.ts";
import { debugInfoClientsOf, DeliveryError } from "../../component/receiver.ts";
import { AwaitedValues } from "./awaited-values.ts";
import { EnrichIndex, type EnrichSettings } from "./enrich-index.ts";
import type { EnrichMetrics } from "./enrich-metrics.ts";
import { WaitingRoom } from "./waiting-room.ts";

export interface EnricherSettings extends EnrichSettings {
  /** How long a profile waits for its target, milliseconds; 0 for not at all. */
  readonly waitMs: number;
  /** Size of all profiles that wait. */
  readonly maxWaitingBytes: number;
}

export interface EnricherOptions {
  /** Id of the component. */
  readonly id: string;
  readonly settings: EnricherSettings;
  readonly next: ProfileReceiver;
  readonly metrics: EnrichMetrics;
  readonly hop: JourneyHop;
}

/** What a waiting profile takes besides its body. */
const profileBytes = 1024;

/**
 * The receiver of `pyroscope.enrich`: the same object for the component's life. Profiles without a target pass as they are, after they have waited for one
 * if they may. A call waits as a whole, because its sender gets one answer; it is answered when the profiles were handed on, never before.
 */
export class Enricher implements ProfileReceiver {
  readonly #id: string;
  readonly #next: ProfileReceiver;
  readonly #metrics: EnrichMetrics;
  readonly #hop: JourneyHop;
  readonly #room: WaitingRoom;
  readonly #awaited = new AwaitedValues();
  readonly #underWay = new Set<Promise<void>>();
  #index: EnrichIndex;
  #waitMs: number;
  #stopped = false;

  constructor({ id, settings, next, metrics, hop }: EnricherOptions) {
    this.#id = id;
    this.#next = next;
    this.#metrics = metrics;
    this.#hop = hop;
    this.#room = new WaitingRoom(settings.maxWaitingBytes, metrics);
    this.#index = new EnrichIndex(settings);
    this.#waitMs = settings.waitMs;
  }

  /** Counts for every profile that is handed on from now on, those that wait among them. */
  update(settings: EnricherSettings): void {
    const index = new EnrichIndex(settings);
    this.#index = index;
    this.#waitMs = settings.waitMs;
    this.#awaited.forget((value) => index.has(value));
    this.#room.resize(settings.maxWaitingBytes);
    this.#room.recheck();
  }

  /** Hands on what waits, as it is, and resolves when that has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#room.stop();
    await Promise.all(this.#underWay);
  }

  debugInfoClients(): readonly DebugInfoClient[] {
    return debugInfoClientsOf([this.#next]);
  }

  async append(profiles: readonly Profile[], context: DeliveryContext): Promise<void> {
    if (this.#stopped) throw new DeliveryError(`${this.#id} has exited`, { code: "unavailable", retryable: true });
    const call = this.#handOn(profiles, context);
    const ended = call.catch(() => undefined);
    this.#underWay.add(ended);
    try {
      await call;
    } finally {
      this.#underWay.delete(ended);
    }
  }

  async #handOn(profiles: readonly Profile[], context: DeliveryContext): Promise<void> {
    const atFirst = this.#index;
    if (this.#waitMs > 0) await this.#waitForTargets(profiles, context);
    await this.#next.append(this.#enrich(profiles, atFirst), context);
  }

  async #waitForTargets(profiles: readonly Profile[], { signal, deadline }: DeliveryContext): Promise<void> {
    const missing = new Set<string>();
    for (const { labels } of profiles) {
      const value = this.#index.valueOf(labels);
      if (value !== "" && !this.#index.has(value)) missing.add(value);
    }
    const now = Date.now();
    let until = now;
    for (const value of missing) until = Math.max(until, this.#awaited.until(value, now, this.#waitMs));
    // The other half of the sender's time is for the delivery.
    if (deadline !== undefined) until = Math.min(until, now + (deadline - now) / 2);
    if (until <= now) return;
    const bytes = profiles.reduce((sum, { body }) => sum + body.data.length + profileBytes, 0);
    await this.#room.wait({ bytes, until, signal, isOver: () => missing.values().every((value) => this.#index.has(value)) });
  }

  /** What is in the index now but was not in that of the beginning came late. */
  #enrich(profiles: readonly Profile[], atFirst: EnrichIndex): readonly Profile[] {
    const index = this.#index;
    const waited = index !== atFirst;
    let last: Labels | undefined;
    let result: Labels | undefined;
    return profiles.map((profile) => {
      const { labels } = profile;
      if (labels !== last) {
        last = labels;
        result = index.enrich(labels);
      }
      const late = waited && result !== undefined && atFirst.enrich(labels) === undefined;
      this.#metrics.profiles[result === undefined ? "unmatched" : late ? "late" : "matched"].inc();
      this.#hop.note("forwarded", labels, 1, result === undefined ? "no target matches" : "");
      return result === undefined || result === labels ? profile : { ...profile, labels: result };
    });
  }
}
