import { tenantHeader } from "../../component/tenant.ts";
import { shownUrl } from "./shown-url.ts";

export type Header = readonly [name: string, value: string];

/** Where and how profiles are sent. Durations in milliseconds. */
export interface Endpoint {
  /** As written in the configuration; may hold a password. */
  readonly url: string;
  /** Limit of one attempt. */
  readonly remoteTimeoutMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** Attempts in total, without limit when 0. */
  readonly maxAttempts: number;
  /** Whether HTTP 429 and `resource_exhausted` are worth another attempt. */
  readonly retryTooManyRequests: boolean;
  /** Of every request; our own fill in what is missing here, except those that the protocols need. */
  readonly headers: readonly Header[];
}

/** Why a URL cannot be an endpoint's, undefined when it can. */
export function checkEndpointUrl(url: string): string | undefined {
  const parsed = URL.parse(url);
  const quoted = JSON.stringify(shownUrl(url));
  if (parsed === null) return `endpoint url ${quoted} is not a valid URL`;
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") return `endpoint url ${quoted} must begin with http:// or https://`;
  return canDecode(`${parsed.username}:${parsed.password}`)
    ? undefined
    : `endpoint url ${quoted} has a broken escape in its user information`;
}

function canDecode(escaped: string): boolean {
  try {
    decodeURIComponent(escaped);
    return true;
  } catch {
    return false;
  }
}

/** `path` below the endpoint's URL, whose own query and fragment are left out. */
export function urlBelow(endpoint: Endpoint, path: string): URL {
  const base = new URL(endpoint.url);
  return new URL(`${base.pathname}/${path}`.replace(/\/{2,}/g, "/"), base);
}

/** The headers for a tenant, which replaces the one that the endpoint's own headers name; empty: they stay as they are. */
export function withTenant(headers: readonly Header[], tenant: string): readonly Header[] {
  return tenant === "" ? headers : mergeHeaders(headers, [[tenantHeader, tenant]]);
}

/** The headers of `base` and then those of `over`, which replace equal names of `base`. */
export function mergeHeaders(base: readonly Header[], over: readonly Header[]): readonly Header[] {
  const replaced = new Set(over.map(([name]) => name.toLowerCase()));
  return [...base.filter(([name]) => !replaced.has(name.toLowerCase())), ...over];
}
