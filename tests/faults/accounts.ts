import { expect } from "vitest";
import type { Collector } from "../support/flameline.ts";

/** What the metrics say of one endpoint, in profiles. */
export interface Accounts {
  readonly accepted: number;
  readonly delivered: number;
  readonly queued: number;
  readonly expired: number;
  readonly evicted: number;
  readonly rejected: number;
  /** Rejected, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** The accounts of an endpoint; fails when they do not add up. They are those since the program was started. */
export async function accountsOf(collector: Collector, url: string): Promise<Accounts> {
  const metrics = await collector.text("/metrics");
  const values = new Map<string, number>();
  const reasons: Record<string, number> = {};
  for (const [, name = "", labels = "", value] of metrics.matchAll(/^flameline_write_(\w+)\{(.*)\} (\S+)$/gm)) {
    if (!labels.includes(`endpoint="${url}"`)) continue;
    const [, reason] = /reason="([^"]*)"/.exec(labels) ?? [];
    if (reason !== undefined) reasons[reason] = Number(value);
    values.set(name, (values.get(name) ?? 0) + Number(value));
  }
  const value = (name: string): number => values.get(name) ?? 0;
  const accounts = {
    accepted: value("accepted_profiles_total"),
    delivered: value("delivered_profiles_total"),
    queued: value("queued_profiles"),
    expired: value("expired_profiles_total"),
    evicted: value("evicted_profiles_total"),
    rejected: value("rejected_profiles_total"),
  };
  const { accepted, ...others } = accounts;
  const sum = Object.values(others).reduce((total, one) => total + one, 0);
  expect(sum, `accounts of ${url} add up: ${JSON.stringify(accounts)}`).toBe(accepted);
  return { ...accounts, reasons };
}

/** A single metric of the collector, undefined when it is not there. */
export async function metricOf(collector: Collector, name: string): Promise<number | undefined> {
  const metrics = await collector.text("/metrics");
  const line = metrics.split("\n").find((one) => one.startsWith(`${name}{`));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
}
