import type { OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { OutgoingResponse } from "../exchange.ts";
import { formatFields, formatResponseHead } from "./response-head.ts";

/** Statuses of answers that have no body, and so nothing that says where it ends. */
const bodiless: ReadonlySet<number> = new Set([204, 304]);

export interface PlainResponseOptions {
  readonly socket: Socket;
  /** `Connection` and what belongs to it, as lines; asked for when the answer begins. */
  connectionLines(): string;
  /** The whole answer has been handed to the network. */
  onSent(): void;
}

/** The answer to a {@link PlainRequest}, written as one piece where it is one. */
export class PlainResponse implements OutgoingResponse {
  headersSent = false;
  writableEnded = false;
  writableFinished = false;
  statusCode = 200;
  readonly #options: PlainResponseOptions;
  readonly #onClose: (() => void)[] = [];
  readonly #onGone: (() => void)[] = [];
  #early: OutgoingHttpHeaders | undefined;
  /** As lines. */
  #trailers = "";
  /** What is to be sent before the first byte of the body. */
  #head = "";
  #chunked = false;
  #isClosed = false;

  constructor(options: PlainResponseOptions) {
    this.#options = options;
  }

  get writableLength(): number {
    return this.#options.socket.writableLength;
  }

  setHeader(name: string, value: string): void {
    this.#early = { ...this.#early, [name]: value };
  }

  writeHead(status: number, headers: OutgoingHttpHeaders): void {
    const all = this.#early === undefined ? headers : { ...this.#early, ...headers };
    const chunked = !bodiless.has(status) && !Object.keys(all).some((name) => name.toLowerCase() === "content-length");
    const connection = this.#options.connectionLines();
    this.#head = formatResponseHead(status, all, chunked ? `${connection}Transfer-Encoding: chunked\r\n` : connection);
    this.statusCode = status;
    this.headersSent = true;
    this.#chunked = chunked;
  }

  write(chunk: Uint8Array): boolean {
    if (this.writableEnded) return false;
    this.#begin();
    return chunk.length === 0 ? this.#send([]) : this.#send(this.#framed(chunk));
  }

  end(chunk?: Uint8Array | string): void {
    if (this.writableEnded) return;
    this.#begin();
    this.writableEnded = true;
    const body = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    const parts = body === undefined || body.length === 0 ? [] : this.#framed(body);
    this.#send(this.#chunked ? [...parts, `0\r\n${this.#trailers}\r\n`] : parts, (error) => this.#sent(error));
  }

  /** HTTP/1.1 has a place for them only behind a body whose length was not announced; elsewhere they are left out. */
  addTrailers(trailers: OutgoingHttpHeaders): void {
    this.#trailers += formatFields(trailers);
  }

  destroy(): void {
    this.#options.socket.destroy();
  }

  on(event: "close" | "gone", listener: () => void): void {
    (event === "close" ? this.#onClose : this.#onGone).push(listener);
  }

  /** To be called when the client has closed its side. */
  leave(): void {
    for (const listener of this.#onGone) listener();
  }

  /** To be called when the answer has been sent, and when the client has gone. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const listener of this.#onClose) listener();
  }

  #begin(): void {
    if (!this.headersSent) this.writeHead(this.statusCode, {});
  }

  #framed(chunk: Uint8Array): readonly (Uint8Array | string)[] {
    return this.#chunked ? [`${chunk.length.toString(16)}\r\n`, chunk, "\r\n"] : [chunk];
  }

  /** What the client did not wait for is dropped; the end of the connection tells everybody. */
  #send(parts: readonly (Uint8Array | string)[], done?: (error?: Error | null) => void): boolean {
    const { socket } = this.#options;
    if (!socket.writable) return false;
    const head = this.#head;
    this.#head = "";
    if (parts.length === 0) return socket.write(head, "latin1", done);
    socket.cork();
    if (head !== "") socket.write(head, "latin1");
    let left = parts.length;
    for (const part of parts) {
      left -= 1;
      const last = left === 0 ? done : undefined;
      if (typeof part === "string") socket.write(part, "latin1", last);
      else socket.write(part, last);
    }
    socket.uncork();
    return !socket.writableNeedDrain;
  }

  #sent(error: Error | null | undefined): void {
    // The end of the connection is told otherwise.
    if (error !== undefined && error !== null) return;
    this.writableFinished = true;
    this.#options.onSent();
  }
}
