import { HttpClientError } from "../../http/client/http-client-error.ts";
import type { HttpClient } from "../../http/client/http-message.ts";
import { countBodyBytes } from "../../http/server/body-garbage.ts";
import { readAnswer } from "./read-answer.ts";
import type { ScrapeLimits } from "./scrape-limits.ts";
import type { FailureReason } from "./scrape-metrics.ts";
import type { ScrapePlan } from "./targets-to-jobs.ts";

/** Why a request brought no profile; the message is the reference's where it has one. */
export interface FetchFailure {
  readonly reason: FailureReason;
  readonly message: string;
}

export type Fetched = { readonly data: Uint8Array } | { readonly failure: FetchFailure };

/** Asks the endpoint of a plan for a profile. Never rejects. */
export type FetchProfile = (plan: ScrapePlan, signal: AbortSignal) => Promise<Fetched>;

/** `client` is asked at each scrape, so that it may be replaced. */
export function createFetchProfile(client: () => HttpClient, limits: ScrapeLimits): FetchProfile {
  return async (plan, signal) => {
    try {
      const response = await client().send({
        method: "GET",
        url: plan.url,
        // URL objects lose a port that is the scheme's default; targets are asked by the name that the configuration gives them.
        headers: [["Host", plan.labels.get("__address__")]],
        signal,
        timeoutMs: plan.timeoutMs,
        maxResponseBytes: limits.maxAnswerBytes,
      });
      countBodyBytes(response.body.length);
      return await readAnswer(response, plan.labels.get("__name__"), limits);
    } catch (error) {
      return { failure: transportFailure(error, limits) };
    }
  };
}

function transportFailure(error: unknown, limits: ScrapeLimits): FetchFailure {
  if (!(error instanceof HttpClientError)) return { reason: "network", message: error instanceof Error ? error.message : String(error) };
  const { code, answered, message } = error;
  const reason = code === "timeout" || code === "too_large" ? code : "network";
  if (code === "too_large") return { reason, message: `failed to read body: larger than ${limits.maxAnswerBytes} bytes` };
  if (answered) return { reason, message: `failed to read body: ${error.reason}` };
  return { reason, message: code === "timeout" ? error.reason : message };
}
