import { inferServiceName, type Labels } from "@flameline/profile";
import { forwardedType, type ProfileType } from "./profile-type.ts";
import { measuredSeconds, type ScrapeSettings } from "./scrape-settings.ts";
import { type QueryParameters, scrapeUrl, targetQuery } from "./scrape-url.ts";
import { resolveAddress } from "./target-address.ts";

/** One endpoint to ask at each interval. */
export interface ScrapePlan {
  /** Equal plans are the same job before and after a change of targets or settings. */
  readonly key: string;
  readonly url: string;
  /** All labels, internal ones (`__…`) too. */
  readonly labels: Labels;
  /** Totals since the target's start: the difference to the scrape before is forwarded. */
  readonly cumulative: boolean;
  /** Limit of one request. */
  readonly timeoutMs: number;
}

/** A target, or one profile type of it, that is not scraped. */
export interface SkippedTarget {
  readonly target: Labels;
  readonly reason: string;
  /** Another target is scraped in its place. */
  readonly repeated: boolean;
}

export interface ScrapePlans {
  /** Keys are distinct. */
  readonly plans: readonly ScrapePlan[];
  readonly skipped: readonly SkippedTarget[];
}

/** No request waits longer than this for a measurement, whatever `seconds` says. */
export const longestMeasurementMs = 3_600_000;

/** The plans of a target by itself, or why it cannot be scraped. */
type TargetPlans = { readonly plans: readonly ScrapePlan[] } | { readonly problem: string };

/**
 * Remembers the plans of each target for as long as the settings stay the same. Whoever finds targets gives those that have not changed as the same
 * objects, so that a changed list costs what has changed in it.
 */
export class PlanMemory {
  #key = "";
  #known = new WeakMap<Labels, TargetPlans>();

  /** @internal */
  of(target: Labels, settings: ScrapeSettings): TargetPlans {
    const known = this.#known.get(target);
    if (known !== undefined) return known;
    const plans = planTarget(target, settings);
    this.#known.set(target, plans);
    return plans;
  }

  /** @internal */
  use(settings: ScrapeSettings): void {
    const key = JSON.stringify({ ...settings, params: [...settings.params] });
    if (key === this.#key) return;
    this.#key = key;
    this.#known = new WeakMap();
  }
}

/**
 * The jobs of all targets. A target that cannot be scraped is left out and reported; the others are not concerned. Every step is one target: whoever takes
 * the steps may do other things between them.
 *
 * Targets that lead to the same URL with the same public labels are one job (the first wins): a backend could not tell their profiles apart
 * and would count everything twice.
 */
export function* planScrapes(
  targets: Iterable<Labels>,
  settings: ScrapeSettings,
  memory: PlanMemory = new PlanMemory(),
): Generator<void, ScrapePlans> {
  const plans = new Map<string, ScrapePlan>();
  const skipped: SkippedTarget[] = [];
  memory.use(settings);
  for (const target of targets) {
    yield;
    const own = memory.of(target, settings);
    if ("problem" in own) {
      skipped.push({ target, reason: own.problem, repeated: false });
      continue;
    }
    let repeated = false;
    for (const plan of own.plans) {
      const known = plans.get(plan.key);
      if (known === undefined) plans.set(plan.key, plan);
      else repeated ||= !known.labels.equals(plan.labels);
    }
    if (repeated) skipped.push({ target, reason: "another target has the same URL and labels, internal ones aside", repeated });
  }
  return { plans: [...plans.values()], skipped };
}

function planTarget(target: Labels, settings: ScrapeSettings): TargetPlans {
  const types = new Map(settings.profileTypes.map((type) => [type.name, type]));
  const populated = populateTarget(target, settings);
  if ("problem" in populated) return populated;
  return { plans: Array.from(types.values(), (type) => planScrape(populated.labels, type, types, settings)) };
}

/** The labels that all profile types of a target share, or why it cannot be scraped. Labels that the target has itself are kept. */
export function populateTarget(target: Labels, settings: ScrapeSettings): { readonly labels: Labels } | { readonly problem: string } {
  const builder = target.edit();
  const setDefault = (name: string, value: string): void => {
    if (builder.get(name) === "") builder.set(name, value);
  };
  setDefault("__profile_path_prefix__", settings.pathPrefix);
  setDefault("job", settings.jobName);
  setDefault("__scheme__", settings.scheme);
  for (const [name, [first]] of settings.params) if (first !== undefined) builder.set(`__param_${name}`, first);
  const resolved = resolveAddress(builder.get("__address__"), builder.get("__scheme__"));
  if ("problem" in resolved) return resolved;
  builder.set("__address__", resolved.address);
  setDefault("__scheme__", "http");
  setDefault("instance", resolved.address);
  setDefault("service_name", inferServiceName(target));
  const labels = builder.labels();
  for (const [name, value] of labels) {
    if (!value.isWellFormed()) return { problem: `invalid label value for ${JSON.stringify(name)}: ${JSON.stringify(value)}` };
  }
  return { labels };
}

function planScrape(target: Labels, type: ProfileType, types: ReadonlyMap<string, ProfileType>, settings: ScrapeSettings): ScrapePlan {
  const builder = target.edit();
  if (!target.has("__profile_path__")) builder.set("__profile_path__", type.path);
  if (!target.has("__name__")) builder.set("__name__", type.name);
  const name = builder.get("__name__");
  const forwarded = forwardedType(name);
  const labels = builder.set("__name__", forwarded.name).labels();
  const query = targetQuery(measuredParams(settings, types.get(name)), labels);
  const url = scrapeUrl(labels, query);
  return {
    key: [url, name, publicLabels(labels)].join("\n"),
    url,
    labels,
    cumulative: forwarded.cumulative,
    timeoutMs: settings.timeoutMs + measurementMs(query, settings),
  };
}

/** The configured parameters, with `seconds` for a type that measures, unless the user gives the seconds. */
function measuredParams(settings: ScrapeSettings, type: ProfileType | undefined): QueryParameters {
  if (type?.delta !== true || settings.params.has("seconds")) return settings.params;
  return new Map([...settings.params, ["seconds", [String(measuredSeconds(settings))]]]);
}

/** For how long the target will measure before it answers. */
function measurementMs(query: QueryParameters, settings: ScrapeSettings): number {
  const [seconds] = query.get("seconds") ?? [];
  if (seconds === undefined) return 0;
  const given = Number(seconds) * 1000;
  return given > 0 ? Math.min(given, longestMeasurementMs) : Math.max(0, settings.intervalMs - 1000);
}

function publicLabels(labels: Labels): string {
  return [...labels]
    .filter(([name]) => !name.startsWith("__"))
    .flat()
    .join("\u{ff}");
}
