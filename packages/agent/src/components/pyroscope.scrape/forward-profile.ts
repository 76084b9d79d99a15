import { randomUUID } from "node:crypto";
import type { Labels } from "@flameline/profile";
import { DeliveryError, type ProfileReceiver } from "../../component/index.ts";
import type { FetchedProfile } from "./hand-over.ts";
import type { ScrapeMetrics } from "./scrape-metrics.ts";
import type { ScrapePlan } from "./targets-to-jobs.ts";

/** What is done with the profiles of one job before they are forwarded. */
export interface ProfileStage {
  /** Whether a profile would be of use now. */
  ready(): boolean;
  /** Undefined when there is nothing to forward. Rejects for a profile that cannot be used. */
  prepare(data: Uint8Array): Promise<PreparedProfile | undefined>;
  /** Memory that is kept from one profile to the next, bytes. */
  readonly heldBytes: number;
  /** Frees it: no further profile comes. */
  release(): void;
}

export interface PreparedProfile {
  readonly data: Uint8Array;
  /** The profile is safe, or given up: the next one must not repeat it. */
  commit(): void;
  /** Nobody has the profile. True when the next one will contain it, false when it is lost. */
  rollback(): boolean;
}

/** Profiles that are forwarded as they came. */
export const plainStage: ProfileStage = {
  ready: () => true,
  prepare: async (data) => ({ data, commit: () => {}, rollback: () => false }),
  heldBytes: 0,
  release: () => {},
};

export interface ForwarderOptions {
  readonly receiver: ProfileReceiver;
  readonly metrics: ScrapeMetrics;
  readonly version: string;
  readonly stage: ProfileStage;
  readonly plan: () => ScrapePlan;
  /** Aborts when the component has stopped and its grace time is over. */
  readonly signal: AbortSignal;
}

/** Brings the profiles of one job to the receivers. */
export class Forwarder {
  readonly #options: ForwarderOptions;
  #labelled: { readonly of: Labels; readonly labels: Labels } | undefined;

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  /** Resolves when the profile is safe or there is nothing to forward. Rejects, and counts the profile as lost unless the next one makes up for it. */
  async forward({ data, receivedAt }: FetchedProfile): Promise<void> {
    const { metrics, stage } = this.#options;
    const prepared = await stage.prepare(data).catch((error: unknown) => {
      metrics.lost("invalid");
      throw error;
    });
    if (prepared === undefined) return;
    await this.#append(prepared, receivedAt);
    prepared.commit();
  }

  async #append(prepared: PreparedProfile, receivedAt: number): Promise<void> {
    const { receiver, metrics, signal } = this.#options;
    const body = { kind: "pprof", data: prepared.data } as const;
    try {
      await receiver.append([{ id: randomUUID(), labels: this.#labels(), body, receivedAt }], { signal });
    } catch (error) {
      const failure = DeliveryError.from(error);
      if (isRepeatable(failure) && prepared.rollback()) throw failure;
      prepared.commit();
      metrics.lost("refused");
      throw failure;
    }
  }

  /** The very same object as long as the job's labels are the same. */
  #labels(): Labels {
    const { plan, version } = this.#options;
    const { labels, cumulative } = plan();
    if (this.#labelled?.of !== labels) this.#labelled = { of: labels, labels: forwardedLabels(labels, { cumulative, version }) };
    return this.#labelled.labels;
  }
}

/** Whether the same data may be sent again, as part of the next profile: it may get through, and no receiver has it already. */
function isRepeatable({ retryable, partial }: DeliveryError): boolean {
  return retryable && !partial;
}

const scopeName = "com.grafana.alloy/pyroscope.scrape";

/** A job's labels as receivers see them: with the mark that nothing is left to subtract, and with what made the profile. */
export function forwardedLabels(
  labels: Labels,
  { cumulative, version }: { readonly cumulative: boolean; readonly version: string },
): Labels {
  const builder = labels.edit();
  if (cumulative) builder.set("__delta__", "false");
  if (builder.get("otel.scope.name") === "") builder.set("otel.scope.name", scopeName);
  const known = version !== "" && version !== "v0.0.0";
  if (known && builder.get("otel.scope.name") === scopeName && builder.get("otel.scope.version") === "")
    builder.set("otel.scope.version", version);
  return builder.labels();
}
