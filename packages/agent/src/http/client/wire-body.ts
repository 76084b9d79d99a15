import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { RequestBody } from "./http1/connection.ts";
import type { HttpRequest } from "./http-message.ts";

type Body = HttpRequest["body"];

/** A body as our own client takes it. The parts of large bodies are sent as they are, never copied. */
export function http1Body(body: Body): RequestBody | undefined {
  return body instanceof Uint8Array ? [body] : body;
}

/** A body as undici takes it. */
export interface Http2Body {
  readonly body: NonNullable<Dispatcher.DispatchOptions["body"]> | null;
  /** Of a body in parts: undici does not add up their length. */
  readonly length?: string;
}

/** What comes piece by piece is sent as it comes. */
export function http2Body(body: Body): Http2Body {
  if (body === undefined) return { body: null };
  if (body instanceof Uint8Array) return { body };
  if (Symbol.asyncIterator in body) return { body: Readable.from(body, { objectMode: false }) };
  const [only] = body;
  if (body.length === 1 && only !== undefined) return { body: only };
  let length = 0;
  for (const part of body) length += part.length;
  // Any iterable will do; undici's types know only those that are streams.
  return { body: body as unknown as Http2Body["body"], length: String(length) };
}
