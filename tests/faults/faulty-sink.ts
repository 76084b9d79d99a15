/** A stand-in for a Pyroscope server that can be told how to misbehave, and that knows which profiles it has taken, and how often. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { Server as TlsServer } from "node:https";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { decodePush } from "../support/push-service.ts";

/** A request that arrived. */
export interface Arrival {
  readonly ids: readonly string[];
  readonly tenant: string;
  readonly kind: "push" | "ingest";
  /** Those of `ids` whose profile is not the one that was sent. */
  readonly damaged: readonly string[];
}

/** What becomes of a request instead of being taken and answered at once. */
export type Misbehaviour =
  /** Not taken. */
  | { readonly kind: "answer"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Not taken, and never answered. */
  | { readonly kind: "hang" }
  /** Not taken: the connection is reset. */
  | { readonly kind: "reset" }
  /** Taken, but the connection ends in the middle of the answer. */
  | { readonly kind: "half" }
  /** Taken and answered after a while. */
  | { readonly kind: "slow"; readonly ms: number };

/** What a sink knows of one profile. */
export interface Taken {
  times: number;
  /** The connection broke before the sender had the answer. */
  broken: boolean;
  /** When it was first taken, milliseconds since 1970. */
  readonly at: number;
  readonly tenant: string;
}

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export class FaultySink implements AsyncDisposable {
  readonly port: number;
  readonly taken = new Map<string, Taken>();
  /** Ids of profiles that arrived as something else than what was sent, taken or not. */
  readonly damaged: string[] = [];
  /** Requests so far, those that were not taken among them. */
  requests = 0;
  /** Asked for every request; undefined: it is taken and answered. */
  misbehave: (arrival: Arrival) => Misbehaviour | undefined = () => undefined;
  readonly #tls: boolean;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number, tls: boolean) {
    this.#server = server;
    this.port = port;
    this.#tls = tls;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response));
  }

  static async start(tls?: TlsFiles): Promise<FaultySink> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    await listen(server, 0, "127.0.0.1");
    return new FaultySink(server, (server.address() as AddressInfo).port, tls !== undefined);
  }

  get url(): string {
    return `${this.#tls ? "https" : "http"}://127.0.0.1:${this.port}`;
  }

  /** Nothing listens any more. */
  async down(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.dropConnections();
    await closed;
  }

  /** Listens again at the same port. */
  up(address = "127.0.0.1"): Promise<void> {
    return listen(this.#server, this.port, address);
  }

  /** From now on it shows another certificate. */
  renew(files: TlsFiles): void {
    if ("setSecureContext" in this.#server) (this.#server as TlsServer).setSecureContext(files);
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.down();
    this.dropConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // The sender went away: nothing arrived.
      return;
    }
    const arrival = arrivalOf(request, Buffer.concat(chunks));
    this.requests += 1;
    this.damaged.push(...arrival.damaged);
    const taken: Taken[] = [];
    response.once("close", () => {
      if (!response.writableFinished) for (const one of taken) one.broken = true;
    });
    const fault = this.misbehave(arrival);
    if (fault?.kind === "hang") return;
    if (fault?.kind === "reset") {
      request.socket.resetAndDestroy();
      return;
    }
    if (fault?.kind === "answer") {
      response.writeHead(fault.status, fault.headers ?? {}).end("told to say so");
      return;
    }
    if (fault?.kind === "slow") await sleep(fault.ms, undefined, { ref: false });
    taken.push(...this.#take(arrival));
    if (response.closed) for (const one of taken) one.broken = true;
    if (fault?.kind === "half") answerHalf(response);
    else response.writeHead(200, arrival.kind === "push" ? { "content-type": "application/proto" } : {}).end();
  }

  #take({ ids, tenant }: Arrival): readonly Taken[] {
    return ids.map((id) => {
      const known = this.taken.get(id);
      if (known !== undefined) {
        known.times += 1;
        return known;
      }
      const first = { times: 1, broken: false, at: Date.now(), tenant };
      this.taken.set(id, first);
      return first;
    });
  }
}

function answerHalf(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/proto", "content-length": "20" });
  response.write("half of i", () => response.destroy());
}

/** Pushes carry the id of each profile, requests to /ingest the label `id`. */
function arrivalOf({ url = "/", headers }: IncomingMessage, body: Buffer): Arrival {
  const { pathname, searchParams } = new URL(url, "http://sink");
  const tenant = String(headers["x-scope-orgid"] ?? "");
  if (pathname.endsWith("/ingest")) {
    const [, id] = /[{,]id=([^,}]+)/.exec(searchParams.get("name") ?? "") ?? [];
    const ids = id === undefined ? [] : [id];
    return { ids, tenant, kind: "ingest", damaged: ids.filter((one) => !isOf(one, body)) };
  }
  const samples = decodePush(body).series.flatMap((series) => series.samples);
  const damaged = samples.filter(({ ID, rawProfile }) => !isOf(ID, rawProfile)).map(({ ID }) => ID);
  return { ids: samples.map(({ ID }) => ID), tenant, kind: "push", damaged };
}

/** Senders write its id into each profile; the checksum of gzip covers all of it. */
function isOf(id: string, profile: Uint8Array): boolean {
  try {
    return gunzipSync(profile).includes(id);
  } catch {
    return false;
  }
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
