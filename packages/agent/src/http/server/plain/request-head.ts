import type { IncomingHttpHeaders } from "node:http";
import { badFieldValue, fieldName } from "../../field-syntax.ts";

/** The beginning of a plain request, up to its body. */
export interface PlainHead {
  readonly method: "POST";
  /** Path and query as received. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Name, value, name, value … */
  readonly rawHeaders: string[];
  readonly bodyBytes: number;
  /** The client wants to send another request on the connection. */
  readonly keepsAlive: boolean;
}

const requestLine = /^POST (\/[!-~]*) HTTP\/1\.1$/;
const bodyLength = /^\d{1,15}$/;

/** Fields that change how a message is framed or what the connection speaks. */
const framing = ["transfer-encoding", "expect", "upgrade", "proxy-connection"] as const;

const maxFields = 100;

/**
 * Reads the lines of a request up to the empty one (a character for each byte), when nobody could take it for anything else: a POST of HTTP/1.1 to a path,
 * with a host and a length, no field twice, each line as in RFC 9112. Undefined for all others, right or wrong: a parser that knows more decides about them.
 */
export function parsePlainHead(text: string): PlainHead | undefined {
  const lines = text.split("\r\n");
  const url = requestLine.exec(lines[0] ?? "")?.[1];
  if (url === undefined || lines.length > maxFields) return undefined;
  const rawHeaders: string[] = [];
  const headers = Object.create(null) as Record<string, string | undefined>;
  for (let at = 1; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const colon = line.indexOf(":");
    const raw = line.slice(0, Math.max(0, colon));
    const name = lowerCaseOf(raw);
    if (name === undefined || name in headers || badFieldValue.test(line)) return undefined;
    const value = trimmed(line, colon + 1);
    headers[name] = value;
    rawHeaders.push(raw, value);
  }
  const length = headers["content-length"] ?? "";
  const connection = headers["connection"]?.toLowerCase() ?? "keep-alive";
  if (!bodyLength.test(length) || headers["host"] === undefined || framing.some((name) => name in headers)) return undefined;
  if (connection !== "keep-alive" && connection !== "close") return undefined;
  return { method: "POST", url, headers, rawHeaders, bodyBytes: Number(length), keepsAlive: connection === "keep-alive" };
}

/** The rest of a line without spaces and tabs around it. Nothing else is white space in HTTP: JavaScript's own `trim` takes more. */
function trimmed(line: string, from: number): string {
  let [start, end] = [from, line.length];
  while (start < end && isBlank(line.charCodeAt(start))) start += 1;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end -= 1;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Senders use the same few names for ever; what they make up beyond that is not remembered. */
const knownNames = new Map<string, string>();
const maxKnownNames = 200;

/** Undefined for what is no name of a field. */
function lowerCaseOf(raw: string): string | undefined {
  const known = knownNames.get(raw);
  if (known !== undefined) return known;
  if (!fieldName.test(raw)) return undefined;
  const name = raw.toLowerCase();
  // A copy: a part of the head would keep all of it in memory.
  if (knownNames.size < maxKnownNames) knownNames.set(Buffer.from(raw).toString(), Buffer.from(name).toString());
  return name;
}
