import type { Socket } from "node:net";
import type { DeliveredRequest, OutgoingResponse } from "../exchange.ts";
import { PlainRequest } from "./plain-request.ts";
import { PlainResponse } from "./plain-response.ts";
import type { PlainHead } from "./request-head.ts";
import { parsePlainHead } from "./request-head.ts";

/** Longest head that is looked at here, in bytes. */
const maxHeadBytes = 16 * 1024;

const headEnd = Buffer.from("\r\n\r\n");

/** What the connections of a server have in common. */
export interface PlainHost {
  readonly isClosing: boolean;
  /** Lines of an answer after which the connection is kept. */
  readonly keepAliveLines: string;
  accepts(head: PlainHead): boolean;
  serve(request: DeliveredRequest, response: OutgoingResponse): void;
  /** Takes a connection, from the next request on, that says something else than a plain request. */
  handOver(socket: Socket): void;
  /** The connection has ended or was handed over. */
  left(connection: PlainConnection): void;
}

interface PlainExchange {
  readonly request: PlainRequest;
  readonly response: PlainResponse;
  readonly keepsAlive: boolean;
}

/**
 * A connection of HTTP/1.1 as long as each request on it is a plain one whose head comes in one piece, which is what SDKs and collectors send. With the first
 * that is not, the connection goes to a server that knows all of HTTP, and stays there.
 */
export class PlainConnection {
  readonly #socket: Socket;
  readonly #host: PlainHost;
  #exchange: PlainExchange | undefined;
  /** What came behind the request in progress. */
  #ahead: Buffer | undefined;
  #clientEnded = false;
  #served = 0;
  /** When it became idle, in milliseconds of `performance.now()`; undefined while it is not. */
  idleSince: number | undefined = performance.now();

  constructor(socket: Socket, host: PlainHost) {
    this.#socket = socket;
    this.#host = host;
    socket.on("data", this.#take);
    socket.on("end", this.#ended);
    socket.on("close", this.#closed);
    // What breaks a connection is its client's affair: `close` tells everybody.
    socket.on("error", ignore);
    socket.resume();
  }

  /** There was no request yet. */
  get isNew(): boolean {
    return this.#served === 0;
  }

  /** Ends the connection if it is idle. Otherwise it ends after the answer that is waited for, if its host is closing. */
  closeIfIdle(): void {
    if (this.#exchange !== undefined) return;
    this.idleSince = undefined;
    // At once: a request that is on its way must not be taken when it cannot be answered any more.
    this.#socket.destroy();
  }

  /** Ends an idle connection from whose client the first request was expected by now. */
  timeOut(): void {
    this.idleSince = undefined;
    this.#socket.end("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
    this.#socket.destroySoon();
  }

  readonly #take = (chunk: Buffer): void => {
    // Nothing more can be answered: what comes now must not be taken.
    if (!this.#socket.writable) return;
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.#begin(chunk);
      return;
    }
    const rest = exchange.request.complete ? chunk : exchange.request.take(chunk);
    if (rest.length > 0) {
      this.#ahead = this.#ahead === undefined ? rest : Buffer.concat([this.#ahead, rest]);
      this.#socket.pause();
    }
    if (exchange.request.complete && exchange.response.writableFinished) this.#next();
  };

  #begin(bytes: Buffer): void {
    const end = bytes.indexOf(headEnd);
    const head = end < 0 || end > maxHeadBytes ? undefined : parsePlainHead(bytes.toString("latin1", 0, end));
    if (head === undefined || !this.#host.accepts(head)) {
      this.#handOver(bytes);
      return;
    }
    this.#served += 1;
    this.idleSince = undefined;
    const request = new PlainRequest(head, this.#socket);
    const response = new PlainResponse({
      socket: this.#socket,
      connectionLines: () => (this.#keeps(head.keepsAlive) ? this.#host.keepAliveLines : "Connection: close\r\n"),
      onSent: () => this.#answered(),
    });
    this.#exchange = { request, response, keepsAlive: head.keepsAlive };
    this.#host.serve(request, response);
    const body = bytes.subarray(end + headEnd.length);
    if (body.length > 0) this.#take(body);
  }

  #answered(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    exchange.response.close();
    if (!this.#keeps(exchange.keepsAlive)) this.#socket.destroySoon();
    else if (exchange.request.complete) this.#next();
    // The rest of a body that was not waited for stands before the next request.
    else exchange.request.resume();
  }

  #keeps(clientDoes: boolean): boolean {
    return clientDoes && !this.#host.isClosing && !this.#clientEnded;
  }

  #next(): void {
    this.#exchange = undefined;
    this.idleSince = performance.now();
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (this.#host.isClosing) this.#socket.destroySoon();
    else if (ahead !== undefined) {
      this.#socket.resume();
      this.#begin(ahead);
    }
  }

  #handOver(bytes: Buffer): void {
    this.#leave();
    this.#socket.pause();
    this.#socket.unshift(bytes);
    this.#host.handOver(this.#socket);
  }

  #leave(): void {
    const socket = this.#socket;
    socket.off("data", this.#take);
    socket.off("end", this.#ended);
    socket.off("close", this.#closed);
    this.#host.left(this);
  }

  /** As in Go: a client that closes its side has mostly gone, so nobody goes on for its sake; but it gets the answer if there is one. */
  readonly #ended = (): void => {
    this.#clientEnded = true;
    const { request, response } = this.#exchange ?? {};
    if (request?.complete === true) {
      response?.leave();
      return;
    }
    if (response?.headersSent === false) this.#socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    request?.break();
    response?.close();
    this.#socket.destroySoon();
  };

  readonly #closed = (): void => {
    this.#leave();
    this.#exchange?.request.break();
    this.#exchange?.response.close();
  };
}

function ignore(): void {}
