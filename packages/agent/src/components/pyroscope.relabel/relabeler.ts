import type { Labels, RuleSet } from "@flameline/profile";
import { compileRules, RelabelCache } from "@flameline/profile";
import { relabelRules } from "../../component/relabel-rule.ts";
import type { DebugInfoClient } from "../../component/debug-info-client.ts";
import type { JourneyHop } from "../../component/journey.ts";
import type { Logger } from "../../component/logger.ts";
import type { Profile } from "../../component/profile.ts";
import type { DeliveryContext, ProfileReceiver } from "../../component/receiver.ts";
import { debugInfoClientsOf, DeliveryError } from "../../component/receiver.ts";
import { equalValues } from "../../schema/index.ts";
import type { ProfileRule } from "./profile-rule.ts";
import type { RelabelMetrics } from "./relabel-metrics.ts";
import { type SampleMetrics, SampleRelabeler } from "./sample-relabeler.ts";

export interface RelabelSettings {
  readonly rules: readonly ProfileRule[];
  /** How many label sets are remembered with their results. */
  readonly maxCacheSize: number;
}

export interface RelabelerOptions {
  /** Id of the component. */
  readonly id: string;
  readonly settings: RelabelSettings;
  readonly next: ProfileReceiver;
  readonly metrics: RelabelMetrics;
  readonly hop: JourneyHop;
  /** Asked for when there are rules for samples. */
  readonly sampleMetrics: () => SampleMetrics;
  readonly log: Logger;
}

/**
 * The receiver of `pyroscope.relabel`: the same object for the component's life. A profile that the rules drop, or leave without any label, ends here,
 * which is a success; one that has no labels to begin with passes the rules as it is. Bodies are looked at only when there are rules for samples.
 */
export class Relabeler implements ProfileReceiver {
  readonly #id: string;
  readonly #next: ProfileReceiver;
  readonly #metrics: RelabelMetrics;
  readonly #hop: JourneyHop;
  readonly #log: Logger;
  readonly #cache: RelabelCache;
  readonly #sampleMetrics: () => SampleMetrics;
  #rules: readonly ProfileRule[];
  #samples: SampleRelabeler | undefined;
  #stopped = false;

  /** Throws when the size of the cache is not positive. */
  constructor({ id, settings, next, metrics, sampleMetrics, hop, log }: RelabelerOptions) {
    this.#id = id;
    this.#next = next;
    this.#metrics = metrics;
    this.#hop = hop;
    this.#log = log;
    checkCacheSize(settings);
    this.#sampleMetrics = sampleMetrics;
    this.#rules = settings.rules;
    this.#cache = new RelabelCache(this.#compile(settings.rules), settings.maxCacheSize);
  }

  /** Other rules make what was remembered worthless, another size does not. Throws, and changes nothing, when the size is not positive. */
  update(settings: RelabelSettings): void {
    checkCacheSize(settings);
    if (!equalValues(relabelRules.encode(settings.rules), relabelRules.encode(this.#rules))) {
      this.#cache.replaceRules(this.#compile(settings.rules));
      this.#rules = settings.rules;
    }
    this.#cache.resize(settings.maxCacheSize);
    this.#metrics.cacheSize.set(this.#cache.size);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** The rules for labels of profiles; those for samples are put in force. */
  #compile(rules: readonly ProfileRule[]): RuleSet {
    const forSamples = rules.filter(({ scope }) => scope === "samples");
    this.#samples = forSamples.length === 0 ? undefined : new SampleRelabeler(forSamples, this.#sampleMetrics(), this.#log);
    return compileRules(rules.filter(({ scope }) => scope === "profile"));
  }

  debugInfoClients(): readonly DebugInfoClient[] {
    return debugInfoClientsOf([this.#next]);
  }

  append(profiles: readonly Profile[], context: DeliveryContext): Promise<void> {
    if (this.#stopped) return Promise.reject(new DeliveryError(`${this.#id} has exited`, { code: "unavailable", retryable: true }));
    const relabelled = this.#relabel(profiles);
    const samples = this.#samples;
    const kept = samples === undefined ? relabelled : relabelled.flatMap((profile) => samples.apply(profile) ?? []);
    return kept.length > 0 ? this.#next.append(kept, context) : Promise.resolve();
  }

  /** The profiles that go on; those whose labels stay are the very same objects. */
  #relabel(profiles: readonly Profile[]): readonly Profile[] {
    const kept: Profile[] = [];
    let last: Labels | undefined;
    let result: Labels | undefined;
    for (const profile of profiles) {
      if (profile.labels !== last || profile.body.kind === "ingest") {
        last = profile.labels;
        result = this.#apply(last);
      }
      if (result === undefined) continue;
      kept.push(result === last ? profile : { ...profile, labels: result });
    }
    return kept;
  }

  /** The new labels of one series, counted. */
  #apply(labels: Labels): Labels | undefined {
    const { processed, written, dropped } = this.#metrics;
    processed.inc();
    const result = labels.size === 0 ? labels : this.#lookUp(labels);
    if (result !== undefined) {
      written.inc();
      this.#hop.note("forwarded", labels, 1);
      return result;
    }
    dropped.inc();
    this.#hop.note("dropped", labels, 1, "by a rule");
    if (this.#log.enabled("debug")) this.#log.debug("profile dropped by relabel rules", { labels: labels.toString() });
    return undefined;
  }

  #lookUp(labels: Labels): Labels | undefined {
    const { cacheHits, cacheMisses, cacheSize } = this.#metrics;
    const { misses } = this.#cache;
    const result = this.#cache.apply(labels);
    if (this.#cache.misses === misses) {
      cacheHits.inc();
    } else {
      cacheMisses.inc();
      cacheSize.set(this.#cache.size);
    }
    return result;
  }
}

function checkCacheSize({ maxCacheSize }: RelabelSettings): void {
  if (maxCacheSize <= 0) throw new Error("must provide a positive size");
}
