import type { BodyBudget, BodyBudgetError } from "./body-budget.ts";
import { countBodyBytes } from "./body-garbage.ts";
import type { BodyMemory } from "./body-memory.ts";
import { mostReusedBytes } from "./body-memory.ts";
import type { BodySink, IncomingRequest } from "./exchange.ts";

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

const received = Symbol("bytes of body received");

type CountedRequest = IncomingRequest & { [received]?: number };

/** How many bytes the body has that {@link readBody} has taken. */
export function bodyBytesRead(request: CountedRequest): number {
  return request[received] ?? 0;
}

export interface ReadBodyOptions {
  readonly maxBytes?: number;
  /** What the body counts in, from its first byte to the end of the answer. */
  readonly budget?: BodyBudget | undefined;
  /** Where the body may get its memory from. Who gives it back must be sure that nobody reads the body any more. */
  readonly memory?: BodyMemory | undefined;
}

/**
 * The whole body, as sent (not decompressed). Rejects with {@link BodyTooLargeError}, at once when the length is announced, with
 * {@link BodyTruncatedError} or, when the budget is spent, with {@link BodyBudgetError}.
 */
export function readBody(
  request: CountedRequest,
  { maxBytes = defaultMaxBodyBytes, budget, memory }: ReadBodyOptions = {},
): Promise<Buffer<ArrayBuffer>> {
  const announced = Number(request.headers["content-length"]);
  if (announced > maxBytes) {
    request.resume();
    return Promise.reject(new BodyTooLargeError(maxBytes));
  }
  return new Promise((resolve, reject) => {
    let body: BodyBuffer | undefined = new BodyBuffer(announced, memory);
    const fail = (error: Error): void => {
      if (body === undefined) return;
      body = undefined;
      // An unread body would block the connection for the requests that follow.
      request.resume();
      reject(error);
    };
    const data = (chunk: Buffer): void => {
      if (body === undefined) return;
      // Both protocols hold a sender to the length that it announced, which is at most `maxBytes`.
      if (body.length + chunk.length > Math.min(maxBytes, announced || maxBytes)) {
        fail(new BodyTooLargeError(maxBytes));
        return;
      }
      try {
        budget?.take(request, chunk.length);
        body.add(chunk);
      } catch (error) {
        fail(error as BodyBudgetError);
      }
    };
    const end = (): void => {
      if (body === undefined) return;
      request[received] = body.length;
      resolve(body.bytes());
      body = undefined;
    };
    const broken = (cause?: Error): void => {
      // An error captures a stack, which costs as much as serving a request.
      if (body !== undefined) fail(new BodyTruncatedError(cause));
    };
    deliver(request, { data, end, broken });
  });
}

/** The body in pieces, for handlers that pass it on. Whoever stops in the middle lets go of the rest with `resume`. */
export function bodyChunks(request: IncomingRequest): AsyncIterable<Uint8Array> {
  if (request.deliver === undefined) return request.iterator({ destroyOnReturn: false });
  return (async function* () {
    yield await readBody(request);
  })();
}

function deliver(request: IncomingRequest, sink: BodySink): void {
  if (request.deliver !== undefined) {
    request.deliver(sink);
    return;
  }
  request.on("data", (chunk: Buffer) => sink.data(chunk));
  // HTTP/2 ends the stream of an aborted request as if it were complete, but says that it was aborted before that.
  request.on("aborted", () => sink.broken());
  request.on("error", (error: Error) => sink.broken(error));
  // Comes after every request.
  request.on("close", () => sink.broken());
  request.on("end", () => sink.end());
}

/**
 * Bodies up to {@link mostReusedBytes} get their memory at once when this share of them has come with their first piece, so that a beginning that nothing
 * follows takes little.
 */
const reservedShare = 1 / 16;

/** Puts a body together. One whose length is known and moderate is written to its place as it arrives, so that its pieces are garbage at once. */
class BodyBuffer {
  readonly #chunks: Buffer[] = [];
  readonly #announced: number;
  readonly #memory: BodyMemory | undefined;
  #whole: Buffer<ArrayBuffer> | undefined;
  length = 0;

  /** `announced` is NaN when the length is not known. */
  constructor(announced: number, memory: BodyMemory | undefined) {
    this.#announced = announced;
    this.#memory = memory;
  }

  add(chunk: Buffer): void {
    if (this.length === 0 && this.#reserves(chunk.length)) {
      this.#whole = this.#memory?.take(this.#announced) ?? Buffer.allocUnsafeSlow(this.#announced);
    }
    if (this.#whole === undefined) this.#chunks.push(chunk);
    else this.#whole.set(chunk, this.length);
    this.length += chunk.length;
    countBodyBytes(chunk.length);
  }

  bytes(): Buffer<ArrayBuffer> {
    const [only] = this.#chunks;
    if (this.#whole !== undefined) return this.length === this.#announced ? this.#whole : this.#whole.subarray(0, this.length);
    return this.#chunks.length === 1 && only !== undefined ? (only as Buffer<ArrayBuffer>) : Buffer.concat(this.#chunks, this.length);
  }

  #reserves(first: number): boolean {
    const announced = this.#announced;
    return announced <= mostReusedBytes && first < announced && first >= announced * reservedShare;
  }
}
