import type { Logger } from "../component/logger.ts";
import type { ServerTlsSettings } from "../http/server/arguments.ts";
import type { RequestHandler } from "../http/server/exchange.ts";
import type { RunningServer } from "../http/server/listen.ts";
import { listen } from "../http/server/listen.ts";
import { refuseUnready } from "./handler.ts";
import type { HostPort } from "./listen-address.ts";
import { sameTls } from "./server-tls.ts";

/** How long requests in progress may go on when the program stops or the server changes between TLS and clear text. */
const closeGraceMs = 5000;

/** The listener of the program's own HTTP server: one port for its whole life, with or without TLS as the configuration has it at the moment. */
export class AdminServer {
  readonly #listener: Listener;
  #server: RunningServer;
  #tls: ServerTlsSettings | undefined;

  private constructor(listener: Listener, server: RunningServer) {
    this.#listener = listener;
    this.#server = server;
  }

  /**
   * Opens the port. Requests are told that the program is not ready until there is a handler.
   * @throws Error in Go's words when the address cannot be listened on.
   */
  static async open(place: HostPort, log: Logger): Promise<AdminServer> {
    const listener = new Listener(log);
    const server = new AdminServer(listener, await listener.open(place, undefined));
    log.info("now listening for http traffic", { addr: server.address });
    return server;
  }

  /** `host:port`, with the real port when 0 was asked for. */
  get address(): string {
    return this.#server.address;
  }

  /** From now on requests go to this handler. */
  serve(handler: RequestHandler): void {
    this.#listener.handler = handler;
  }

  /**
   * Changes to these TLS settings, undefined for clear text. Requests in progress end as they began.
   * @throws Error when the settings or the certificates cannot be used; nothing has changed then.
   */
  async useTls(tls: ServerTlsSettings | undefined): Promise<void> {
    if (sameTls(tls, this.#tls)) return;
    if (tls !== undefined) await checkTls(tls);
    const before = this.#server;
    const place = { host: hostOf(before), port: before.port };
    // Requests in progress may be waiting for this very change, so the old listener is not waited for.
    void before.close(closeGraceMs);
    this.#server = await this.#listener.open(place, tls);
    this.#tls = tls;
  }

  close(): Promise<void> {
    return this.#server.close(closeGraceMs);
  }
}

/** What stays the same when the port is opened again. */
class Listener {
  handler: RequestHandler = refuseUnready;
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  open({ host, port }: HostPort, tls: ServerTlsSettings | undefined): Promise<RunningServer> {
    return listen({
      address: host,
      port,
      handler: (request, response) => this.handler(request, response),
      tls,
      http2ClearText: true,
      // A CPU profile takes as long as it was asked for.
      writeTimeoutMs: 0,
      onCertificateError: (error) => this.#log.error("the changed certificate cannot be used", { err: error }),
    });
  }
}

async function checkTls(tls: ServerTlsSettings): Promise<void> {
  const { TlsSide } = await import("../http/server/tls.ts");
  TlsSide.create(tls, (socket) => socket.destroy());
}

function hostOf({ address, port }: RunningServer): string {
  return address.slice(0, -`:${port}`.length).replace(/^\[(.*)\]$/, "$1");
}
