import type { IncomingHttpHeaders } from "node:http";
import { MalformedAnswerError } from "./malformed-answer-error.ts";
import { fieldName } from "../../field-syntax.ts";

/** How the end of an answer's body is known: RFC 9112, 6.3. */
export type BodyEnd = { readonly kind: "length"; readonly length: number } | { readonly kind: "chunked" } | { readonly kind: "close" };

/** The beginning of an answer, up to its body. */
export interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case; a list where a field came more than once. */
  readonly headers: IncomingHttpHeaders;
  readonly bodyEnd: BodyEnd;
  /** The server takes another request on the connection. */
  readonly keepsAlive: boolean;
  /** For how many seconds it does that, when it says so. */
  readonly keepAliveSeconds: number | undefined;
}

/** So much of what is no answer is shown. */
const maxShown = 100;

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;

/**
 * Reads the lines up to the empty one, which is not part of `text` (a character for each byte). As in Go, a line may also end with a line feed alone.
 *
 * @throws MalformedAnswerError when it is not the head of an HTTP/1 answer, or leaves open where the body ends
 */
export function parseAnswerHead(text: string, method: string): AnswerHead {
  const lines = text.split("\n");
  const [, minor, code, statusText = ""] = statusLine.exec(withoutReturn(lines[0] ?? "")) ?? [];
  if (code === undefined) throw new MalformedAnswerError(`malformed HTTP response ${JSON.stringify(lines[0]?.slice(0, maxShown).trim())}`);
  const status = Number(code);
  const headers = parseFields(lines);
  const bodyEnd = bodyEndOf(status, headers, method);
  const said = joined(headers, "connection")?.toLowerCase() ?? "";
  const keepsAlive = bodyEnd.kind !== "close" && (minor === "1" ? !/\bclose\b/.test(said) : /\bkeep-alive\b/.test(said));
  const hint = /\btimeout=(\d{1,9})/i.exec(joined(headers, "keep-alive") ?? "")?.[1];
  return { status, statusText, headers, bodyEnd, keepsAlive, keepAliveSeconds: hint === undefined ? undefined : Number(hint) };
}

function parseFields(lines: readonly string[]): IncomingHttpHeaders {
  const headers = Object.create(null) as Record<string, string | string[]>;
  for (let at = 1; at < lines.length; at += 1) {
    const line = withoutReturn(lines[at] ?? "");
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!fieldName.test(name)) throw new MalformedAnswerError("malformed MIME header line");
    let value = line.slice(colon + 1).trim();
    // A value may go on in the next line: RFC 9112, 5.2.
    while (/^[ \t]/.test(lines[at + 1] ?? "")) value += ` ${(lines[(at += 1)] ?? "").trim()}`;
    const known = headers[name];
    if (known === undefined) headers[name] = value;
    else if (typeof known === "string") headers[name] = [known, value];
    else known.push(value);
  }
  return headers;
}

/** Everything that fields of a name say. */
function joined(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "object" ? value.join(", ") : value;
}

function bodyEndOf(status: number, headers: IncomingHttpHeaders, method: string): BodyEnd {
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return { kind: "length", length: 0 };
  const encoding = joined(headers, "transfer-encoding");
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== "chunked") throw new MalformedAnswerError(`unsupported transfer encoding: ${JSON.stringify(encoding)}`);
    return { kind: "chunked" };
  }
  const announced = joined(headers, "content-length");
  if (announced === undefined) return { kind: "close" };
  // Servers that repeat the field say the same each time, or nobody can tell what they mean.
  const [length = "", ...others] = announced.split(",").map((one) => one.trim());
  if (!/^\d{1,15}$/.test(length) || others.some((other) => other !== length)) {
    throw new MalformedAnswerError(`bad Content-Length ${JSON.stringify(announced)}`);
  }
  return { kind: "length", length: Number(length) };
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
