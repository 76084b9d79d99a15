import type { RelabelledSamples, RelabelRule, RuleSet } from "@flameline/profile";
import { compileRules, defaultProfileLimits, isGzip, ProfileDataError, relabelSamples, unpacked } from "@flameline/profile";
import type { Logger } from "../../component/logger.ts";
import type { Counter, Metrics } from "../../component/metrics.ts";
import type { IngestBody, Profile } from "../../component/profile.ts";
import { firstValue, parseQuery } from "../../component/query-string.ts";
import { nodeGzip } from "./gzip.ts";

/** Applies rules to the labels inside profiles. */
export class SampleRelabeler {
  readonly #rules: RuleSet;
  readonly #metrics: SampleMetrics;
  readonly #log: Logger;

  constructor(rules: readonly RelabelRule[], metrics: SampleMetrics, log: Logger) {
    this.#rules = compileRules(rules, { keepEmpty: true });
    this.#metrics = metrics;
    this.#log = log;
  }

  /**
   * The profile after the rules; undefined when they dropped all of its samples. One that cannot be looked into passes as it is, and is counted: a request
   * to `/ingest` that is not a bare pprof, and what is damaged or has more than 64 MiB unpacked.
   */
  apply(profile: Profile): Profile | undefined {
    const { body } = profile;
    if (body.kind === "ingest" && !isBarePprof(body)) return this.#counted("unsupported", profile);
    let plain: Uint8Array;
    let result: RelabelledSamples;
    try {
      plain = unpacked(body.data, nodeGzip, defaultProfileLimits.maxBytes);
      result = relabelSamples(plain, this.#rules);
    } catch (error) {
      if (!(error instanceof ProfileDataError)) throw error;
      this.#log.debug("rules for samples not applied to an unreadable profile", { err: error, labels: profile.labels.toString() });
      return this.#counted("unreadable", profile);
    }
    const { profile: data, dropped } = result;
    this.#metrics.droppedSamples.inc(dropped);
    if (data === undefined) return this.#counted("dropped", undefined);
    if (data === plain) return this.#counted("unchanged", profile);
    return this.#counted("relabelled", { ...profile, body: { ...body, data: isGzip(body.data) ? nodeGzip.gzip(data) : data } });
  }

  #counted(result: SampleResult, profile: Profile | undefined): Profile | undefined {
    this.#metrics.profiles[result].inc();
    return profile;
  }
}

const results = ["relabelled", "unchanged", "dropped", "unsupported", "unreadable"] as const;
type SampleResult = (typeof results)[number];

/** Metrics of rules with the scope `samples`. */
export interface SampleMetrics {
  readonly profiles: Readonly<Record<SampleResult, Counter>>;
  readonly droppedSamples: Counter;
}

export function createSampleMetrics(metrics: Metrics): SampleMetrics {
  const profiles = metrics.counter({
    name: "pyroscope_relabel_samples_profiles_total",
    help: "Total number of profiles that rules for samples met, by what became of them",
    labels: ["result"],
  });
  const droppedSamples = metrics.counter({
    name: "pyroscope_relabel_samples_dropped_total",
    help: "Total number of samples dropped by relabeling rules",
  });
  return {
    profiles: Object.fromEntries(results.map((result) => [result, profiles.with({ result })])) as SampleMetrics["profiles"],
    droppedSamples: droppedSamples.with({}),
  };
}

/** Whether a server reads the body as it is as a pprof: it looks at `format` before the content type, but for tries and trees. */
function isBarePprof({ query, contentTypes }: IngestBody): boolean {
  const format = firstValue(parseQuery(query), "format");
  return format === "pprof" && !contentTypes.some((type) => /binary\/octet-stream\+(?:trie|tree)|multipart\/form-data/i.test(type));
}
