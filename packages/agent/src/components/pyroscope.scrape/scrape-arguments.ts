import { receivers } from "../../component/capsules.ts";
import { targets } from "../../component/target.ts";
import { httpClientFields, validateHttpClient } from "../../http/client/arguments.ts";
import {
  attr,
  block,
  bool,
  byteSize,
  defineBlock,
  duration,
  type Infer,
  labelledBlocks,
  list,
  map,
  optionalBlock,
  string,
} from "../../schema/index.ts";
import { type BuiltinProfileType, builtinProfileTypes, type ProfileType } from "./profile-type.ts";
import { defaultDeltaMemoryBytes } from "./scrape-limits.ts";
import { checkTiming, defaultDeltaDurationMs, type ScrapeSettings } from "./scrape-settings.ts";

const types = builtinProfileTypes;
const deltaDoc = "The target measures while the request runs; the query parameter `seconds` tells it for how long.";

const profilingConfig = defineBlock({
  fields: {
    "profile.memory": profileBlock(types.memory),
    "profile.block": profileBlock(types.block),
    "profile.goroutine": profileBlock(types.goroutine),
    "profile.mutex": profileBlock(types.mutex),
    "profile.process_cpu": profileBlock(types.process_cpu),
    "profile.fgprof": profileBlock(types.fgprof),
    "profile.godeltaprof_memory": profileBlock(types.godeltaprof_memory),
    "profile.godeltaprof_mutex": profileBlock(types.godeltaprof_mutex),
    "profile.godeltaprof_block": profileBlock(types.godeltaprof_block),
    "profile.custom": labelledBlocks(customProfileBlock(), {
      doc: "A profile of any other endpoint; the label is the profile type. It takes the place of a built-in type of the same name.",
    }),
    path_prefix: attr(string, { doc: "Stands before all paths." }),
  },
});

export const scrapeFields = {
  targets: attr(targets, { required: true, doc: "What is scraped. `__address__` is `host:port`." }),
  forward_to: attr(receivers, { required: true, doc: "Who gets the profiles." }),
  job_name: attr(string, { doc: "The label `job` of targets that have none." }),
  params: attr(map(list(string)), {
    doc: "Query parameters of each request. Label `__param_<name>` of a target replaces the first value.",
  }),
  scrape_interval: attr(duration, { default: 15_000, doc: "How often each endpoint is asked." }),
  scrape_timeout: attr(duration, {
    default: 10_000,
    doc: "How long a target may take to answer, on top of the time that it measures (`seconds`).",
  }),
  scheme: attr(string, { default: "http", doc: "`http` or `https`, for targets without label `__scheme__`." }),
  delta_profiling_duration: attr(duration, {
    default: defaultDeltaDurationMs,
    doc: "For how long types with `delta` measure, in whole seconds. The default stands for one second less than the interval.",
  }),
  delta_memory_limit: attr(byteSize, {
    default: defaultDeltaMemoryBytes,
    extension: true,
    doc:
      "Memory for what is remembered to subtract it from later profiles, of all targets together. When it is used up, profile types of some targets are " +
      "not scraped for 5 minutes or longer, until there is room: first `block`, then `mutex`, then `memory`, of a type those that take most. Other types are never " +
      "left out. What happened to them meanwhile is not sent later; `pyroscope_scrape_delta_shed_total` and `pyroscope_scrape_left_out_total` count it.",
  }),
  ...httpClientFields,
  profiling_config: block(profilingConfig, { alwaysShown: true, doc: "Which profile types are scraped, and where targets have them." }),
  clustering: optionalBlock(
    defineBlock({ fields: { enabled: attr(bool, { required: true, doc: "Share the targets with the other members of the cluster." }) } }),
    { doc: "How targets are shared in a cluster." },
  ),
};

export type ScrapeArguments = Infer<typeof scrapeFields>;

/** The rules beyond types, in the reference's order. */
export function validateScrape(args: ScrapeArguments): string | undefined {
  const limit = args.delta_memory_limit > 0 ? undefined : "delta_memory_limit must be greater than 0";
  return checkTiming(scrapeSettings(args)) ?? validateHttpClient(args) ?? repeatedLabel(args) ?? limit;
}

function repeatedLabel(args: ScrapeArguments): string | undefined {
  const labels = new Set<string>();
  for (const { label } of args.profiling_config["profile.custom"]) {
    if (labels.has(label)) return `label ${JSON.stringify(label)} of profile.custom must be unique`;
    labels.add(label);
  }
  return undefined;
}

/** What the arguments say about planning and timing. */
export function scrapeSettings(args: ScrapeArguments): ScrapeSettings {
  return {
    jobName: args.job_name,
    scheme: args.scheme,
    params: args.params,
    pathPrefix: args.profiling_config.path_prefix,
    profileTypes: enabledTypes(args.profiling_config),
    // The longest duration of the language is not finite.
    intervalMs: Math.min(args.scrape_interval, Number.MAX_SAFE_INTEGER),
    timeoutMs: args.scrape_timeout,
    deltaDurationMs: args.delta_profiling_duration,
  };
}

function enabledTypes(config: ScrapeArguments["profiling_config"]): readonly ProfileType[] {
  const enabled = new Map<string, ProfileType>();
  for (const { name } of Object.values(types)) {
    const { path, delta, enabled: wanted } = config[`profile.${name}`];
    if (wanted) enabled.set(name, { name, path, delta });
  }
  for (const { label: name, path, delta, enabled: wanted } of config["profile.custom"]) {
    if (wanted) enabled.set(name, { name, path, delta });
  }
  return [...enabled.values()];
}

function profileBlock(type: BuiltinProfileType) {
  const definition = defineBlock({
    fields: {
      enabled: attr(bool, { default: type.enabled, doc: "Whether the type is scraped." }),
      path: attr(string, { default: type.path, doc: "Where targets have it." }),
      delta: attr(bool, { default: type.delta, doc: deltaDoc }),
    },
    showDefaults: true,
  });
  return block(definition, { doc: type.doc });
}

function customProfileBlock() {
  return defineBlock({
    fields: {
      enabled: attr(bool, { required: true, doc: "Whether the type is scraped." }),
      path: attr(string, { required: true, doc: "Where targets have it." }),
      delta: attr(bool, { doc: deltaDoc }),
    },
  });
}
