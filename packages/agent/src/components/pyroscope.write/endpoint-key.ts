import { createHash } from "node:crypto";
import { tenantHeader } from "../../component/tenant.ts";
import type { EndpointArguments } from "./arguments.ts";
import { shownUrl } from "./shown-url.ts";

/**
 * A name for each endpoint's folder: the same for the same endpoint across restarts and changes of its other settings, and in whatever order they stand.
 * Endpoints are told apart by URL, name and tenant; of those that are equal in all three, by their order. A password in the URL
 * has no part in it: it may change, and nobody who sees the folder can try out guesses.
 */
export function endpointKeys(endpoints: readonly EndpointArguments[]): readonly string[] {
  const seen = new Map<string, number>();
  return endpoints.map(({ url, name, headers }) => {
    const tenant = [...headers].find(([header]) => header.toLowerCase() === tenantHeader.toLowerCase())?.[1] ?? "";
    const identity = JSON.stringify([shownUrl(url).replace(/\/+$/, ""), name, tenant]);
    const occurrence = (seen.get(identity) ?? 0) + 1;
    seen.set(identity, occurrence);
    const hash = createHash("sha256").update(`${identity}#${occurrence}`).digest("hex").slice(0, 12);
    return `${hostOf(url)}-${hash}`;
  });
}

/** For people who look into the storage directory. */
function hostOf(url: string): string {
  return (URL.parse(url)?.hostname ?? "").replace(/[^a-zA-Z0-9.-]/g, "_").slice(0, 80) || "endpoint";
}
