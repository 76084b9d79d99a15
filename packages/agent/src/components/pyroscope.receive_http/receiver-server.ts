import type { Logger } from "../../component/logger.ts";
import type { OwnAddresses } from "../../component/own-addresses.ts";
import type { HttpServerArguments } from "../../http/server/arguments.ts";
import type { IncomingRequest, OutgoingResponse } from "../../http/server/exchange.ts";
import type { ListenOptions, RunningServer } from "../../http/server/listen.ts";
import { listen } from "../../http/server/listen.ts";
import type { HttpServerMetrics } from "../../http/server/metrics.ts";
import { equalArguments } from "../../schema/index.ts";
import { receiveHttpFields } from "./arguments.ts";

export interface ReceiverServerOptions {
  /** Id of the component. */
  readonly id: string;
  readonly handler: (request: IncomingRequest, response: OutgoingResponse) => void;
  /** Whether a request brings profiles, which the handler takes as a whole. */
  readonly bringsProfiles: (method: string, url: string) => boolean;
  /** Milliseconds for requests that have a time limit of their own. */
  readonly timeLimitOf: (request: IncomingRequest) => number | undefined;
  readonly metrics: HttpServerMetrics;
  readonly ownAddresses: OwnAddresses;
  readonly log: Logger;
}

export interface ReceiverServerSettings {
  readonly http: HttpServerArguments;
  /** How long requests in progress may take to end when the server stops. */
  readonly graceMs: number;
}

interface OpenServer {
  readonly http: HttpServerArguments;
  readonly server: RunningServer;
  readonly releaseAddress: () => void;
}

/** The HTTP server of a receiver across changes of its settings. */
export class ReceiverServer {
  readonly #options: ReceiverServerOptions;
  readonly #closing = new Set<Promise<void>>();
  #open: OpenServer;
  #graceMs: number;
  #stopped = false;
  /** It does not listen, until the next update. */
  #aside = false;

  private constructor(options: ReceiverServerOptions, open: OpenServer, graceMs: number) {
    this.#options = options;
    this.#open = open;
    this.#graceMs = graceMs;
  }

  /** Rejects when the address or the certificates cannot be used, or when an endpoint of this program leads here. */
  static async start(options: ReceiverServerOptions, { http, graceMs }: ReceiverServerSettings): Promise<ReceiverServer> {
    return new ReceiverServer(options, await openServer(options, http), graceMs);
  }

  get port(): number {
    return this.#open.server.port;
  }

  /**
   * Opens the server anew if its settings changed; requests in progress end where they began. At another address the new server is there before the old
   * one goes. When the new settings cannot be used the old ones stay in force and the promise rejects.
   */
  async update({ http, graceMs }: ReceiverServerSettings): Promise<void> {
    this.#graceMs = graceMs;
    const old = this.#open;
    if (this.#aside) {
      this.#use(await openServer(this.#options, http));
      return;
    }
    if (equalArguments(receiveHttpFields.http.block, http, old.http)) return;
    const moves = http.listen_address !== old.http.listen_address || http.listen_port !== old.http.listen_port;
    if (!moves) this.#close(old);
    try {
      this.#use(await openServer(this.#options, http));
    } catch (error) {
      if (!moves) this.#use(await openServer(this.#options, old.http));
      throw error;
    }
    if (moves) this.#close(old);
  }

  /** Stops listening until the next update; requests in progress end where they began. */
  stepAside(): void {
    if (this.#aside) return;
    this.#aside = true;
    this.#close(this.#open);
  }

  /** Resolves when everything has ended, after the grace period at the latest. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (!this.#aside) this.#close(this.#open);
    await Promise.all(this.#closing);
  }

  /** A stop may have come while it was being opened. */
  #use(open: OpenServer): void {
    this.#open = open;
    this.#aside = false;
    if (this.#stopped) this.#close(open);
  }

  #close({ server, releaseAddress }: OpenServer): void {
    releaseAddress();
    const closed = server.close(this.#graceMs).finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}

async function openServer(
  { id, handler, bringsProfiles, timeLimitOf, metrics, ownAddresses, log }: ReceiverServerOptions,
  http: HttpServerArguments,
): Promise<OpenServer> {
  const server = await listen({
    ...listenOptions(http),
    handler,
    plain: { accepts: bringsProfiles, handler },
    timeLimitOf,
    metrics,
    onCertificateError: (err) => log.error("failed to read the server's certificate again", { err }),
  });
  try {
    return { http, server, releaseAddress: ownAddresses.claimReceiver(id, http.listen_address, server.port) };
  } catch (error) {
    await server.close(0);
    throw error;
  }
}

function listenOptions(http: HttpServerArguments): Omit<ListenOptions, "handler"> {
  const { http2 } = http;
  return {
    address: http.listen_address,
    port: http.listen_port,
    tls: http.tls,
    connectionLimit: http.conn_limit,
    readTimeoutMs: http.server_read_timeout,
    writeTimeoutMs: http.server_write_timeout,
    idleTimeoutMs: http.server_idle_timeout,
    http2ClearText: http2.enabled,
    http2: {
      maxConcurrentStreams: http2.max_concurrent_streams,
      idleTimeoutMs: http2.idle_timeout,
      connectionWindowBytes: http2.max_upload_buffer_per_connection,
      streamWindowBytes: http2.max_upload_buffer_per_stream,
      maxFrameBytes: http2.max_read_frame_size,
      decoderTableBytes: http2.max_decoder_header_table_size,
      encoderTableBytes: http2.max_encoder_header_table_size,
    },
  };
}
