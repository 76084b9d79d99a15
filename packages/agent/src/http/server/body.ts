import type { IncomingRequest } from "./exchange.ts";

/** Most bytes of a request's body that are read when the handler asks for nothing else. */
const defaultMaxBodyBytes = 64 * 1024 * 1024;

/** The sender announced or sent more than the limit. The rest is discarded as it arrives. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`request body is larger than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/** The connection ended before the body did. */
export class BodyTruncatedError extends Error {
  override readonly name = "BodyTruncatedError";

  constructor(cause?: Error) {
    super("unexpected EOF", { cause });
  }
}

const received = new WeakMap<object, number>();

/** How many bytes of the body {@link readBody} has taken so far. */
export function bodyBytesRead(request: IncomingRequest): number {
  return received.get(request) ?? 0;
}

/**
 * The whole body, as sent (not decompressed). Rejects with {@link BodyTooLargeError}, at once when the length is announced, or with
 * {@link BodyTruncatedError}.
 */
export function readBody(
  request: IncomingRequest,
  { maxBytes = defaultMaxBodyBytes }: { readonly maxBytes?: number } = {},
): Promise<Buffer> {
  if (Number(request.headers["content-length"]) > maxBytes) {
    request.resume();
    return Promise.reject(new BodyTooLargeError(maxBytes));
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    let settled = false;
    const fail = (error: Error): void => {
      if (settled) return;
      settled = true;
      chunks.length = 0;
      request.off("data", take);
      // An unread body would block the connection for the requests that follow.
      request.resume();
      reject(error);
    };
    const take = (chunk: Buffer): void => {
      total += chunk.length;
      if (total > maxBytes) fail(new BodyTooLargeError(maxBytes));
      else chunks.push(chunk);
    };
    request.on("data", take);
    // HTTP/2 ends the stream of an aborted request as if it were complete, but says that it was aborted before that.
    request.once("aborted", () => fail(new BodyTruncatedError()));
    request.once("error", (error: Error) => fail(new BodyTruncatedError(error)));
    request.once("close", () => {
      // Comes after every request; an error captures a stack, which costs as much as serving one.
      if (!settled) fail(new BodyTruncatedError());
    });
    request.once("end", () => {
      if (settled) return;
      settled = true;
      received.set(request, total);
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, total));
    });
  });
}
