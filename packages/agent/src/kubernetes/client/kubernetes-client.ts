import type { JsonRecord } from "../../discovery/json-record.ts";
import { createHttpClient, type HttpClient, type HttpResponse } from "../../http/client/http-client.ts";
import type { Connection } from "../connection/connection.ts";
import { BinaryListReader } from "./binary-list-reader.ts";
import { KubernetesError } from "./kubernetes-error.ts";
import { LineReader } from "./line-reader.ts";
import { type ListFrame, ListReader, parseObject } from "./list-reader.ts";
import type { MessageShape } from "./message-shape.ts";

/** How long a page of a list may take. */
export const listTimeoutMs = 60_000;

/** How much longer than it asked for a watch is waited for, before the connection counts as dead. */
const watchGraceMs = 30_000;

const json = "application/json";
const protobuf = "application/vnd.kubernetes.protobuf";
/** The first byte of the binary form, which no JSON begins with. */
const protobufBegins = 0x6b;

type Query = Readonly<Record<string, string | number | undefined>>;

interface Streamed {
  readonly path: string;
  readonly query: Query;
  readonly accept: string;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** `ADDED`, `MODIFIED`, `DELETED` or `BOOKMARK` with its object. */
export interface WatchEvent {
  readonly type: string;
  readonly object: JsonRecord;
}

/** Talks to an API server. All failures are errors with a message for people: the server's own, where there is one. */
export class KubernetesClient {
  readonly #http: HttpClient;
  readonly #base: string;

  /** Throws when certificates or other settings of the connection cannot be used. */
  constructor({ server, http, authorize }: Connection, options: { readonly name: string; readonly userAgent: string }) {
    this.#base = server.replace(/\/+$/, "");
    this.#http = createHttpClient(http, { ...options, authorize });
  }

  /** The answer to a GET of status 200. Rejects with a {@link KubernetesError} for any other status. */
  async get(path: string, accept: string, signal: AbortSignal, timeoutMs: number): Promise<HttpResponse> {
    const headers = [["Accept", accept]] as const;
    const response = await this.#http.send({ method: "GET", url: this.#base + path, headers, signal, timeoutMs });
    if (response.status !== 200) throw KubernetesError.ofResponse(response);
    return response;
  }

  /** One page of a list, object by object. With a shape it is asked for in binary form, and taken as JSON from a server that has only that. */
  async list(
    path: string,
    query: Query,
    signal: AbortSignal,
    onItem: (item: JsonRecord) => void,
    binary?: MessageShape,
  ): Promise<ListFrame> {
    let reader: BinaryListReader | ListReader | undefined;
    const accept = binary === undefined ? json : `${protobuf}, ${json}`;
    await this.#stream({ path, query, accept, signal, timeoutMs: listTimeoutMs }, (chunk) => {
      reader ??= binary !== undefined && chunk[0] === protobufBegins ? new BinaryListReader(binary, onItem) : new ListReader(onItem);
      reader.push(chunk);
    });
    return (reader ?? new ListReader(onItem)).end();
  }

  /** Changes after a version, until the server ends the watch (resolves) or something fails. An `ERROR` event rejects with what it says. */
  async watch(
    path: string,
    query: Query & { readonly timeoutSeconds: number },
    signal: AbortSignal,
    onEvent: (event: WatchEvent) => void,
  ): Promise<void> {
    const reader = new LineReader((line) => {
      const event = parseObject(line);
      const object = event.record("object");
      if (event.text("type") === "ERROR") throw KubernetesError.ofStatus(object);
      onEvent({ type: event.text("type"), object });
    });
    const timeoutMs = query.timeoutSeconds * 1000 + watchGraceMs;
    await this.#stream({ path, query: { ...query, watch: 1 }, accept: json, signal, timeoutMs }, (chunk) => reader.push(chunk));
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  /** A GET whose body is consumed while it arrives. What `consume` throws ends it. */
  async #stream({ path, query, accept, signal, timeoutMs }: Streamed, consume: (chunk: Uint8Array) => void): Promise<void> {
    const broken = new AbortController();
    const onData = (chunk: Uint8Array): void => {
      if (broken.signal.aborted) return;
      try {
        consume(chunk);
      } catch (error) {
        broken.abort(error);
      }
    };
    let response: HttpResponse;
    try {
      response = await this.#http.send({
        method: "GET",
        url: `${this.#base}${path}?${queryText(query)}`,
        headers: [["Accept", accept]],
        signal: AbortSignal.any([signal, broken.signal]),
        timeoutMs,
        onData,
      });
    } catch (error) {
      throw broken.signal.aborted ? broken.signal.reason : error;
    }
    if (broken.signal.aborted) throw broken.signal.reason;
    if (response.status !== 200) throw KubernetesError.ofResponse(response);
  }
}

function queryText(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  return new URLSearchParams(given).toString();
}
