import type { Labels } from "@flameline/profile";
import { DeliveryError } from "../../component/receiver.ts";
import { tenantLabel, tenantProblem } from "../../component/tenant.ts";
import type { IncomingRequest } from "../../http/server/exchange.ts";

/**
 * The tenant that a request names in one of the headers that are trusted with it, the first one that is there; empty when there is none. Throws a
 * `DeliveryError` when servers would not take it.
 */
export function tenantOfRequest({ headers }: IncomingRequest, trusted: readonly string[]): string {
  for (const name of trusted) {
    const value = headers[name.toLowerCase()];
    if (typeof value !== "string" || value === "") continue;
    const problem = tenantProblem(value);
    if (problem !== undefined)
      throw new DeliveryError(`header ${name}: ${problem}`, { code: "invalid_argument", retryable: false, status: 400 });
    return value;
  }
  return "";
}

/** The labels with their tenant; one that the sender wrote into the labels itself is not believed. */
export function withTenant(labels: Labels, tenant: string): Labels {
  return labels.get(tenantLabel) === tenant ? labels : labels.edit().set(tenantLabel, tenant).labels();
}
