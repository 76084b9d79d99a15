import { attr, blocks, defineBlock, duration, type Fields, int, map, string } from "../../schema/index.ts";
import type { JobState } from "./scrape-job.ts";
import type { ScrapePlan, SkippedTarget } from "./targets-to-jobs.ts";

/** The component's page: a block for each endpoint, and for each target that cannot be scraped. */
export const scrapeDebugInfo = {
  target: blocks(
    defineBlock({
      fields: {
        job: attr(string, { required: true, doc: "`job_name` of the component." }),
        url: attr(string, { required: true, doc: "What is asked; empty when the target cannot be scraped." }),
        health: attr(string, { required: true, doc: "`unknown` before the first scrape has ended, `up` or `down`." }),
        labels: attr(map(string), { required: true, doc: "All labels, internal ones too." }),
        last_error: attr(string, { doc: "Why the last scrape failed, or its profile was not taken." }),
        last_scrape: attr(string, { required: true, doc: "When the last scrape began." }),
        last_scrape_duration: attr(duration, { doc: "How long the last answer took." }),
        last_scrape_bytes: attr(int, { extension: true, doc: "Size of the last profile as the target sent it." }),
        last_scrape_delta_bytes: attr(int, {
          extension: true,
          doc: "Memory that is remembered to subtract it from the next profile, see `delta_memory_limit`.",
        }),
        last_scrape_success: attr(string, { extension: true, doc: "When a profile got through last." }),
      },
    }),
    { doc: "An endpoint that is scraped." },
  ),
} satisfies Fields;

/** How the page shows that something has not happened yet, as in the reference. */
const never = "0001-01-01T00:00:00Z";

interface TargetInfo {
  readonly job: string;
  readonly url: string;
  readonly health: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly last_error: string;
  readonly last_scrape: string;
  readonly last_scrape_duration: number;
  readonly last_scrape_bytes: number;
  readonly last_scrape_delta_bytes: number;
  readonly last_scrape_success: string;
}

/** The page's block of a running job. */
export function jobInfo(job: string, { plan, state }: { readonly plan: ScrapePlan; readonly state: JobState }): TargetInfo {
  return {
    job,
    url: plan.url,
    health: state.health,
    labels: new Map(plan.labels),
    last_error: state.lastError ?? "",
    last_scrape: state.lastScrape?.toISOString() ?? never,
    last_scrape_duration: state.lastDurationMs ?? 0,
    last_scrape_bytes: state.lastBytes ?? 0,
    last_scrape_delta_bytes: state.deltaBytes,
    last_scrape_success: state.lastSuccess?.toISOString() ?? "",
  };
}

/** The page's block of a target that is not scraped. */
export function skippedInfo(job: string, { target, reason }: SkippedTarget): TargetInfo {
  return {
    job,
    url: "",
    health: "down",
    labels: new Map(target),
    last_error: reason,
    last_scrape: never,
    last_scrape_duration: 0,
    last_scrape_bytes: 0,
    last_scrape_delta_bytes: 0,
    last_scrape_success: "",
  };
}
