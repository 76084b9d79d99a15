import type { AdminBackend, LiveRate } from "./backend.ts";
import type { Exchange } from "./exchange.ts";
import { sendError } from "./exchange.ts";

/** How often what has gathered is sent, in milliseconds. */
const flushMs = 1000;

/** Data that waits to be sent to one client, pieces and characters; what comes when it is full is dropped, with one line about it in the log. */
const bufferLimit = 1000;
const bufferedTextLimit = 8 * 1024 * 1024;

/** Bytes that a client may leave unread before its stream is broken off. */
const unreadLimit = 8 * 1024 * 1024;

const delimiter = "|;|";
const defaultWindowSeconds = 5;
const longestWindowSeconds = 60;

/** `/debug/<id>?sampleProb=0..1`: the targets of one component, now and whenever they change, until the client goes or live debugging is switched off. */
export function sendDebugStream(backend: AdminBackend, exchange: Exchange, id: string): void {
  const share = exchange.query.get("sampleProb") ?? "1";
  const probability = Number(share);
  const problem = streamProblem(backend, id);
  if (problem !== undefined) return sendError(exchange, 500, problem);
  if (share.trim() === "" || !(probability >= 0 && probability <= 1)) return sendError(exchange, 400, "Invalid sample probability");
  const stream = new TextStream(exchange, () => backend.liveDebugging());
  let dropping = false;
  const unsubscribe = backend.watchTargets(id, (text) => {
    if (probability < 1 && Math.random() >= probability) return;
    if (stream.offer(text)) return;
    if (!dropping) backend.liveDataDropped(id);
    dropping = true;
  });
  stream.onEnd(unsubscribe);
}

/** `/graph[/<module>]?window=1..60`: what flows between components, once a window, until the client goes. */
export function sendGraphStream(backend: AdminBackend, exchange: Exchange, moduleId: string): void {
  const given = exchange.query.get("window");
  const seconds = given === null ? defaultWindowSeconds : Number(given);
  if (given === "" || !Number.isInteger(seconds) || seconds < 1 || seconds > longestWindowSeconds) {
    return sendError(exchange, 400, "Invalid window: must be an integer between 1 and 60");
  }
  const stream = new TextStream(exchange, () => true);
  const meter = backend.meterFlows(moduleId);
  const timer = setInterval(() => stream.offer(JSON.stringify(meter.read().map((rate) => perSecond(rate, seconds)))), seconds * 1000);
  timer.unref();
  stream.onEnd(() => {
    clearInterval(timer);
    meter.stop();
  });
}

function perSecond({ rate, ...flow }: LiveRate, seconds: number): LiveRate {
  return { ...flow, rate: rate / seconds };
}

function streamProblem(backend: AdminBackend, id: string): string | undefined {
  if (!backend.liveDebugging()) return "the live debugging service is disabled. Check the documentation to find out how to enable it";
  if (backend.component(id) === undefined) return "component not found";
  return backend.canBeWatched(id) ? undefined : `the component ${JSON.stringify(id)} does not support live debugging`;
}

/** An answer that goes on: pieces of text, sent once a second. */
class TextStream {
  readonly #exchange: Exchange;
  readonly #goesOn: () => boolean;
  readonly #timer: NodeJS.Timeout;
  #waiting: string[] = [];
  #waitingLength = 0;
  #end: (() => void) | undefined;

  constructor(exchange: Exchange, goesOn: () => boolean) {
    this.#exchange = exchange;
    this.#goesOn = goesOn;
    exchange.response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
    exchange.response.write(new Uint8Array());
    this.#timer = setInterval(() => this.#flush(), flushMs);
    this.#timer.unref();
    exchange.response.on("close", () => this.#stop());
  }

  /** Called once, when the client has gone or the stream was ended. */
  onEnd(end: () => void): void {
    this.#end = end;
  }

  /** False when there is no room. One piece is taken, however long it is. */
  offer(text: string): boolean {
    const length = this.#waitingLength + text.length;
    if (this.#waiting.length >= bufferLimit || (this.#waiting.length > 0 && length > bufferedTextLimit)) return false;
    this.#waiting.push(text);
    this.#waitingLength = length;
    return true;
  }

  #flush(): void {
    const { response } = this.#exchange;
    if (!this.#goesOn()) {
      this.#stop();
      response.end();
      return;
    }
    // A client that does not read fills the memory otherwise. It would not read the end either.
    if (response.writableLength > unreadLimit) {
      this.#stop();
      response.destroy();
      return;
    }
    if (this.#waiting.length === 0) return;
    response.write(Buffer.from(this.#waiting.map((text) => text + delimiter).join("")));
    this.#waiting = [];
    this.#waitingLength = 0;
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#waiting = [];
    this.#end?.();
    this.#end = undefined;
  }
}
