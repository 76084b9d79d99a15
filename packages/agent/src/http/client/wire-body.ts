import { Readable } from "node:stream";
import type { RequestBody } from "./http1/connection.ts";
import type { HttpRequest } from "./http-message.ts";

type Body = HttpRequest["body"];

/** A body as our own client takes it. Bytes are sent as they are, never copied: a connection on which not all was written when the answer came is destroyed. */
export function http1Body(body: Body): RequestBody | undefined {
  return body instanceof Uint8Array ? [body] : body;
}

/**
 * A body as undici takes it. Bytes are copied: a stream whose answer came early goes on with its body when the server lets it, and by then the caller may have
 * filled the memory with something else. What comes piece by piece is sent as it comes.
 */
export function http2Body(body: Body): Buffer | Readable | null {
  if (body === undefined) return null;
  if (Symbol.asyncIterator in body) return Readable.from(body, { objectMode: false });
  return Buffer.concat(body instanceof Uint8Array ? [body] : body);
}
