import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { HttpRequest } from "./http-message.ts";

/** Up to this size parts are copied into one: writing them one by one costs more. */
const joinedBytes = 32 * 1024;

/** A body as undici takes it. */
export interface WireBody {
  readonly body: NonNullable<Dispatcher.DispatchOptions["body"]> | null;
  /** Of a body in parts: undici does not add up their length. */
  readonly length?: string;
}

/** The parts of large bodies are sent as they are, never copied. What comes piece by piece is sent as it comes. */
export function wireBody(body: HttpRequest["body"]): WireBody {
  if (body === undefined) return { body: null };
  if (body instanceof Uint8Array) return { body };
  if (Symbol.asyncIterator in body) return { body: Readable.from(body, { objectMode: false }) };
  const [only] = body;
  if (body.length === 1 && only !== undefined) return { body: only };
  let length = 0;
  for (const part of body) length += part.length;
  if (length <= joinedBytes) return { body: Buffer.concat(body, length) };
  // Any iterable will do; undici's types know only those that are streams.
  return { body: body as unknown as WireBody["body"], length: String(length) };
}
