import type { Labels } from "@flameline/profile";
import { createFanout } from "../../component/fanout.ts";
import { type Cluster, type Component, defineComponent } from "../../component/index.ts";
import { httpClientFields, normalizeHttpClient } from "../../http/client/arguments.ts";
import { createHttpClient } from "../../http/client/http-client.ts";
import { expectBodies } from "../../http/server/body-garbage.ts";
import { type BlockDefinition, equalArguments } from "../../schema/index.ts";
import { DeltaBudget } from "./delta-budget.ts";
import { DeltaStage } from "./delta-stage.ts";
import { jobInfo, scrapeDebugInfo, skippedInfo } from "./debug-info.ts";
import { createFetchProfile } from "./fetch-profile.ts";
import { type ScrapeArguments, scrapeFields, scrapeSettings, validateScrape } from "./scrape-arguments.ts";
import { defaultScrapeLimits } from "./scrape-limits.ts";
import { createScrapeMetrics, showDeltaMemory } from "./scrape-metrics.ts";
import { Scraper, type ScrapeRequest } from "./scraper.ts";

const httpBlock: BlockDefinition<unknown> = { fields: httpClientFields };

export const pyroscopeScrape: Component = defineComponent({
  name: "pyroscope.scrape",
  stability: "generally-available",
  doc:
    "Fetches pprof profiles from targets over HTTP, each endpoint at a fixed moment of every interval. What a target counts since its start (memory, " +
    "mutex, block) is forwarded as the difference to the last profile that got through, so these types begin one interval later.",
  arguments: scrapeFields,
  validate: validateScrape,
  normalize: normalizeHttpClient,
  exports: {},
  debugInfo: scrapeDebugInfo,
  build(context, first) {
    const { id, log, services } = context;
    const { userAgent, version } = services.identity;
    const connect = (args: ScrapeArguments) => createHttpClient(args, { name: args.job_name || id, userAgent, metrics: context.metrics });
    let args = first;
    let client = connect(args);
    const metrics = createScrapeMetrics(context.metrics);
    const deltaBudget = new DeltaBudget({ limitBytes: args.delta_memory_limit, limits: defaultScrapeLimits, metrics, log });
    showDeltaMemory(context.metrics, deltaBudget);
    const scraper = new Scraper(
      {
        fetch: createFetchProfile(() => client, defaultScrapeLimits),
        receiver: createFanout(() => args.forward_to, context.metrics),
        createDeltaStage: (profileType) => new DeltaStage(profileType, deltaBudget, defaultScrapeLimits.maxProfileBytes),
        version,
        log,
        metrics,
        hop: context.services.journey.hop(id),
        limits: defaultScrapeLimits,
      },
      scrapeRequest(args, services.cluster),
    );
    return {
      update(changed) {
        if (!equalArguments(httpBlock, args, changed)) {
          const previous = client;
          client = connect(changed);
          // Its last requests may take as long as they measure.
          void previous.close();
        }
        args = changed;
        deltaBudget.resize(args.delta_memory_limit);
        scraper.update(scrapeRequest(args, services.cluster));
      },
      async run(signal) {
        expectBodies();
        await scraper.run(signal);
        await client.close();
      },
      discard: () => client.close(),
      clusterChanged() {
        scraper.resync();
      },
      debugInfo: () => ({
        target: [
          ...scraper.jobs.map((job) => jobInfo(args.job_name, job)),
          ...scraper.skipped.map((one) => skippedInfo(args.job_name, one)),
        ],
      }),
    };
  },
});

function scrapeRequest(args: ScrapeArguments, cluster: Cluster): ScrapeRequest {
  const clustered = args.clustering?.enabled === true;
  return {
    targets: args.targets.map(({ labels }) => labels),
    settings: scrapeSettings(args),
    owns: clustered ? (target) => cluster.owns(withoutMeta(target)) : () => true,
  };
}

/** Members of a cluster may know different things about a target, but they must agree on whose it is. */
function withoutMeta(target: Labels): Labels {
  const builder = target.edit();
  for (const [name] of target) if (name.startsWith("__meta_")) builder.delete(name);
  return builder.labels();
}
