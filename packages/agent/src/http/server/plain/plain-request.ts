import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { BodySink, DeliveredRequest } from "../exchange.ts";
import type { PlainHead } from "./request-head.ts";

/** A request on a {@link PlainConnection}: its body goes to one taker as it arrives, without a stream between. */
export class PlainRequest implements DeliveredRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: string[];
  readonly httpVersionMajor = 1;
  readonly socket: Socket;
  /** What came before somebody asked for it. */
  #early: Buffer[] = [];
  #left: number;
  #taker: BodySink | "nobody" | undefined;
  #broken = false;

  constructor({ method, url, headers, rawHeaders, bodyBytes }: PlainHead, socket: Socket) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.socket = socket;
    this.#left = bodyBytes;
  }

  get complete(): boolean {
    return this.#left === 0;
  }

  deliver(sink: BodySink): void {
    this.#taker = sink;
    for (const chunk of this.#early) sink.data(chunk);
    this.#early = [];
    if (this.complete) sink.end();
    else if (this.#broken) sink.broken();
    else this.#goOn();
  }

  /** Lets go of what nobody reads. */
  resume(): void {
    this.#taker ??= "nobody";
    this.#early = [];
    if (!this.complete) this.#goOn();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Takes what belongs to the body, and returns what follows it. */
  take(chunk: Buffer): Buffer {
    const part = chunk.length <= this.#left ? chunk : chunk.subarray(0, this.#left);
    this.#left -= part.length;
    if (part.length > 0) this.#pass(part);
    if (this.complete && typeof this.#taker === "object") this.#taker.end();
    return chunk.subarray(part.length);
  }

  /** The rest of the body will not come. */
  break(): void {
    if (this.complete || this.#broken) return;
    this.#broken = true;
    if (typeof this.#taker === "object") this.#taker.broken();
  }

  #goOn(): void {
    if (this.socket.isPaused()) this.socket.resume();
  }

  #pass(part: Buffer): void {
    if (typeof this.#taker === "object") this.#taker.data(part);
    else if (this.#taker === undefined) {
      this.#early.push(part);
      if (!this.complete) this.socket.pause();
    }
  }
}
