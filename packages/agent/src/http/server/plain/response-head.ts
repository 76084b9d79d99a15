import type { OutgoingHttpHeaders } from "node:http";
import { STATUS_CODES } from "../../node-http.ts";
import { badFieldValue, fieldName } from "../../field-syntax.ts";

/**
 * The head of an answer up to its empty line, a character for each byte. `connection` are the lines about the connection and the body's end.
 *
 * @throws Error when a header could smuggle another one
 */
export function formatResponseHead(status: number, headers: OutgoingHttpHeaders, connection: string): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${formatFields(headers)}Date: ${httpDate()}\r\n${connection}\r\n`;
}

/** @throws Error when one could smuggle another */
export function formatFields(headers: OutgoingHttpHeaders): string {
  let lines = "";
  for (const name in headers) {
    if (!fieldName.test(name)) throw new Error(`invalid name of a header: ${JSON.stringify(name)}`);
    const value = headers[name];
    for (const one of Array.isArray(value) ? value : [value]) {
      const text = String(one);
      if (badFieldValue.test(text)) throw new Error(`invalid character in the value of the header ${name}`);
      lines += `${name}: ${text}\r\n`;
    }
  }
  return lines;
}

let dateSecond = 0;
let dateText = "";

/** Made once a second. */
function httpDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1000).toUTCString();
  }
  return dateText;
}
