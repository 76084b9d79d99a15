import { HttpClientError } from "../http-client-error.ts";
import { badFieldValue, fieldName } from "../../field-syntax.ts";

export interface RequestHead {
  readonly method: string;
  /** Path and query, or the whole URL for a proxy. */
  readonly target: string;
  /** Value of `Host` for a request that brings none of its own. */
  readonly host: string;
  /** Name, value, name, value …, a character for each byte. */
  readonly headers: readonly string[];
  readonly ownHost: boolean;
  readonly closeAfter: boolean;
}

/**
 * The lines of a request up to those about its body, a character for each byte.
 *
 * @throws HttpClientError when a header could smuggle another one
 */
export function formatRequestHead({ method, target, host, headers, ownHost, closeAfter }: RequestHead): string {
  let text = `${method} ${target} HTTP/1.1\r\n`;
  if (!ownHost) text += `Host: ${host}\r\n`;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? "";
    const value = headers[at + 1] ?? "";
    if (!fieldName.test(name)) throw new HttpClientError("other", `net/http: invalid header field name ${JSON.stringify(name)}`);
    if (badFieldValue.test(value)) throw new HttpClientError("other", `net/http: invalid header field value for ${JSON.stringify(name)}`);
    text += `${name}: ${value}\r\n`;
  }
  return closeAfter ? `${text}Connection: close\r\n` : text;
}
