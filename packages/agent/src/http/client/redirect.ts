import { HttpClientError } from "./http-client-error.ts";
import type { HttpResponse } from "./http-message.ts";
import { shownUrl } from "./request-url.ts";

/** Most requests that one request may become. */
export const maxHops = 10;

/** Headers with credentials, which another host must not see. */
const sensitive: ReadonlySet<string> = new Set(["authorization", "cookie", "cookie2", "proxy-authorization", "www-authenticate"]);

/**
 * Where an answer sends its request; undefined when it is the final one. 307 and 308 keep method and body. 301, 302 and 303 stand for a GET without body,
 * so they are followed for GET and HEAD only: the body of a POST would be lost, and its loss would look like a success.
 */
export function redirectTarget(response: HttpResponse, method: string, url: URL): URL | undefined {
  if (!isRedirect(response.status, method)) return undefined;
  const location = response.headers.get("location") ?? "";
  if (location === "") return undefined;
  const target = URL.parse(location, url.href);
  if (target === null) throw new HttpClientError("other", `failed to parse Location header ${JSON.stringify(location)}`);
  if (target.protocol !== "http:" && target.protocol !== "https:") {
    throw new HttpClientError("other", `unsupported protocol scheme ${JSON.stringify(target.protocol.slice(0, -1))}`);
  }
  if (target.hash === "") target.hash = url.hash;
  return target;
}

function isRedirect(status: number, method: string): boolean {
  switch (status) {
    case 301:
    case 302:
    case 303:
      return method === "GET" || method === "HEAD";
    case 307:
    case 308:
      return true;
    default:
      return false;
  }
}

/** Whether `to` may get the credentials that were meant for `from`: it is the same host or below it. */
export function mayKnowSecretsOf(from: URL, to: URL): boolean {
  return to.hostname === from.hostname || to.hostname.endsWith(`.${from.hostname}`);
}

/** The headers of a request without those that another host must not see. */
export function withoutSecrets(headers: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  return headers.filter(([name]) => !sensitive.has(name.toLowerCase()));
}

/** The value of `Referer` after a redirect; undefined when a safe page would be named to an unsafe one. */
export function referer(from: URL, to: URL): string | undefined {
  if (from.protocol === "https:" && to.protocol === "http:") return undefined;
  const shown = new URL(from);
  shown.username = "";
  shown.password = "";
  shown.hash = "";
  return shownUrl(shown);
}
