import type { Socket } from "node:net";
import { codeOf } from "../../errno.ts";
import { HttpClientError } from "../http-client-error.ts";
import type { AnswerHandler, ExchangeController } from "./answer-handler.ts";
import type { AnswerHead } from "./answer-head.ts";
import type { AnswerListener } from "./answer-reader.ts";
import { AnswerReader } from "./answer-reader.ts";

/** A body that is there, in parts, or one that comes piece by piece. */
export type RequestBody = readonly Uint8Array[] | AsyncIterable<Uint8Array>;

/** One request, ready for the wire. */
export interface ConnectionRequest {
  readonly method: string;
  /** All lines but those about the body. */
  readonly head: string;
  readonly body: RequestBody | undefined;
  /** Another request may follow on the connection. */
  readonly keep: boolean;
}

/** How long before the end that a server has named for an idle connection it is not used any more. */
const hintMarginMs = 1000;

/** An open HTTP/1.1 connection: one request at a time, for as long as both sides keep it. */
export class Connection implements AnswerListener, ExchangeController {
  readonly #socket: Socket;
  readonly #onIdle: (connection: Connection) => void;
  readonly #onClose: (connection: Connection) => void;
  #reader: AnswerReader | undefined;
  #handler: AnswerHandler | undefined;
  #head: AnswerHead | undefined;
  /** The whole request has been handed to the socket. */
  #written = true;
  #keep = true;
  #hasBody = false;
  #goodUntil = Infinity;

  /** `onIdle` is told after each answer when another request may follow, `onClose` when none can any more; a request under way is told before. */
  constructor(socket: Socket, onIdle: (connection: Connection) => void, onClose: (connection: Connection) => void) {
    this.#socket = socket;
    this.#onIdle = onIdle;
    this.#onClose = onClose;
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("end", () => this.#end());
    socket.on("error", (error: Error) => this.#fail(error));
    socket.on("close", () => this.#end());
    // Who made the connection may have stopped it to read the peer's consent.
    socket.resume();
  }

  /** An idle connection is usable until the server's own limit. `now` is on the clock of `performance.now()`. */
  isGood(now: number): boolean {
    return !this.#socket.destroyed && this.#socket.writable && now < this.#goodUntil;
  }

  /** Sends a request on a connection that has none. */
  send({ method, head, body, keep }: ConnectionRequest, handler: AnswerHandler): void {
    this.#reader = new AnswerReader(method, this);
    this.#handler = handler;
    this.#head = undefined;
    this.#keep = keep;
    this.#hasBody = body !== undefined;
    this.#socket.ref();
    handler.onRequestStart(this);
    if (this.#socket.destroyed) this.#end();
    if (this.#handler !== handler) return;
    if (body === undefined)
      this.#socket.write(`${head}${method === "GET" || method === "HEAD" ? "" : "Content-Length: 0\r\n"}\r\n`, "latin1");
    else if (Symbol.asyncIterator in body) void this.#stream(head, body);
    else this.#write(head, body);
  }

  abort(reason: Error): void {
    this.#break(reason);
  }

  /** Nothing is sent any more; a request under way breaks. */
  destroy(): void {
    this.#break(new HttpClientError("canceled", "context canceled"));
  }

  onHead(head: AnswerHead): void {
    this.#head = head;
    this.#handler?.onResponseStart(this, head.status, head.headers, head.statusText);
  }

  onData(chunk: Buffer): void {
    this.#handler?.onResponseData(this, chunk);
  }

  #write(head: string, body: readonly Uint8Array[]): void {
    let length = 0;
    for (const part of body) length += part.length;
    const socket = this.#socket;
    socket.cork();
    socket.write(`${head}Content-Length: ${length}\r\n\r\n`, "latin1");
    for (const part of body) socket.write(part);
    socket.uncork();
  }

  async #stream(head: string, body: AsyncIterable<Uint8Array>): Promise<void> {
    const socket = this.#socket;
    this.#written = false;
    try {
      socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`, "latin1");
      for await (const part of body) {
        if (this.#handler === undefined || socket.destroyed) return;
        if (part.length === 0) continue;
        socket.cork();
        socket.write(`${part.length.toString(16)}\r\n`, "latin1");
        socket.write(part);
        const room = socket.write("\r\n", "latin1");
        socket.uncork();
        if (!room) await roomIn(socket);
      }
      this.#written = true;
      socket.write("0\r\n\r\n", "latin1");
    } catch (error) {
      this.#break(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #take(bytes: Buffer): void {
    const reader = this.#reader;
    if (reader === undefined) {
      // Nobody has asked for anything.
      this.#break(new HttpClientError("closed", "unsolicited response"));
      return;
    }
    try {
      reader.take(bytes);
    } catch (error) {
      this.#break(error as Error);
      return;
    }
    if (reader.surplus) this.#keep = false;
    if (reader.ended && this.#reader === reader) this.#complete();
  }

  #complete(): void {
    const handler = this.#handler;
    const head = this.#head;
    this.#reader = undefined;
    this.#handler = undefined;
    // A server that answers before it has the whole request does not want the rest.
    const unread = !this.#written || this.#socket.writableLength > 0;
    if (!this.#keep || unread || head?.keepsAlive !== true) this.#close();
    else this.#rest(head.keepAliveSeconds);
    handler?.onResponseEnd();
  }

  #rest(seconds: number | undefined): void {
    this.#goodUntil = seconds === undefined ? Infinity : performance.now() + seconds * 1000 - hintMarginMs;
    this.#socket.unref();
    this.#onIdle(this);
  }

  #end(): void {
    if (this.#reader === undefined) this.#close();
    else if (this.#reader.finish()) this.#complete();
    else this.#break(new HttpClientError("closed", this.#reader.answered ? "unexpected EOF" : "EOF"));
  }

  /** A server that refuses a request without reading its body resets the connection behind its answer: as good an end as any for one without a length. */
  #fail(error: Error): void {
    const reset = codeOf(error) === "ECONNRESET" || codeOf(error) === "EPIPE";
    const refused = this.#hasBody && (this.#head?.status ?? 0) >= 400;
    if (reset && refused && this.#reader?.finish() === true) this.#complete();
    else this.#break(error);
  }

  #break(error: Error): void {
    const handler = this.#handler;
    this.#reader = undefined;
    this.#handler = undefined;
    this.#close();
    handler?.onResponseError(this, error);
  }

  #close(): void {
    this.#keep = false;
    this.#socket.destroy();
    this.#onClose(this);
  }
}

/** Resolves when more can be written, or when the connection has ended. */
function roomIn(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off("drain", settle);
      socket.off("close", settle);
      resolve();
    };
    socket.on("drain", settle);
    socket.on("close", settle);
    if (socket.destroyed) settle();
  });
}
