import { bytesFromText } from "@flameline/syntax";
import { connectionHeaders } from "./header-names.ts";
import type { HttpRequest } from "./http-message.ts";

type Headers = HttpRequest["headers"];

/** What a list of headers comes to. */
export interface PreparedHeaders {
  /** Name, value, name, value …, with those that all requests have, without those that are the transport's own affair. Must not be changed. */
  readonly wire: string[];
  /** Where `Authorization` belongs in `wire`. */
  readonly credentialsAt: number;
  readonly ownHost: boolean;
  readonly ownAuthorization: boolean;
  readonly closeAfter: boolean;
}

export interface CommonHeaders {
  /** Of requests that name none of their own. */
  readonly userAgent: string;
  /** Added to the headers of each request. */
  readonly addedHeaders: readonly (readonly [name: string, values: readonly string[]])[];
}

/** Prepares lists of headers. Callers send the same list, of which nothing may change, again and again: the last one is remembered. */
export class HeaderPreparation {
  readonly #common: CommonHeaders;
  #headers: Headers | undefined;
  #prepared: PreparedHeaders | undefined;

  constructor(common: CommonHeaders) {
    this.#common = common;
  }

  of(headers: Headers): PreparedHeaders {
    if (this.#headers !== headers || this.#prepared === undefined) {
      this.#headers = headers;
      this.#prepared = prepare(headers, this.#common);
    }
    return this.#prepared;
  }
}

function prepare(headers: Headers, { userAgent, addedHeaders }: CommonHeaders): PreparedHeaders {
  const wire: string[] = [];
  const names = new Set<string>();
  let closeAfter = false;
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    names.add(lower);
    if (!connectionHeaders.has(lower)) wire.push(name, wireValue(value));
    else if (lower === "connection" && value.toLowerCase() === "close") closeAfter = true;
  }
  if (!names.has("user-agent")) wire.push("User-Agent", userAgent);
  const credentialsAt = wire.length;
  for (const [name, values] of addedHeaders) {
    if (connectionHeaders.has(name.toLowerCase())) continue;
    for (const value of values) wire.push(name, wireValue(value));
  }
  return {
    wire,
    credentialsAt,
    ownHost: names.has("host"),
    ownAuthorization: names.has("authorization"),
    closeAfter,
  };
}

/** Headers go over the wire byte by byte; a text outside of ASCII in its UTF-8 form. */
export function wireValue(value: string): string {
  return isAscii(value) ? value : Buffer.from(bytesFromText(value)).toString("latin1");
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) > 0x7f) return false;
  }
  return true;
}
