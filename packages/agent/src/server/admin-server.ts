import type { Logger } from "../component/logger.ts";
import type { ServerTlsArguments } from "../http/server/arguments.ts";
import type { RequestHandler } from "../http/server/exchange.ts";
import type { RunningServer } from "../http/server/listen.ts";
import { listen } from "../http/server/listen.ts";
import type { HostPort } from "./listen-address.ts";
import { sameTls } from "./server-tls.ts";

/** How long requests in progress may go on when the program stops or the server changes between TLS and clear text. */
const closeGraceMs = 5000;

/** The listener of the program's own HTTP server: one port for its whole life, with or without TLS as the configuration has it at the moment. */
export class AdminServer {
  readonly #log: Logger;
  readonly #handler: RequestHandler;
  #server: RunningServer;
  #tls: ServerTlsArguments | undefined;

  private constructor(server: RunningServer, handler: RequestHandler, log: Logger) {
    this.#server = server;
    this.#handler = handler;
    this.#log = log;
  }

  /**
   * Opens the port, without TLS as long as no configuration asks for it.
   * @throws Error in Go's words when the address cannot be listened on.
   */
  static async open({ host, port }: HostPort, handler: RequestHandler, log: Logger): Promise<AdminServer> {
    const server = new AdminServer(await openPort({ host, port }, handler, undefined, log), handler, log);
    log.info("now listening for http traffic", { addr: server.address });
    return server;
  }

  /** `host:port`, with the real port when 0 was asked for. */
  get address(): string {
    return this.#server.address;
  }

  /**
   * Changes to these TLS settings, undefined for clear text. Requests in progress end as they began.
   * @throws Error when the settings or the certificates cannot be used; nothing has changed then.
   */
  async useTls(tls: ServerTlsArguments | undefined): Promise<void> {
    if (sameTls(tls, this.#tls)) return;
    if (tls !== undefined) await checkTls(tls);
    const before = this.#server;
    const place = { host: hostOf(before), port: before.port };
    // Requests in progress may be waiting for this very change, so the old listener is not waited for.
    void before.close(closeGraceMs);
    this.#server = await openPort(place, this.#handler, tls, this.#log);
    this.#tls = tls;
  }

  close(): Promise<void> {
    return this.#server.close(closeGraceMs);
  }
}

function openPort(place: HostPort, handler: RequestHandler, tls: ServerTlsArguments | undefined, log: Logger): Promise<RunningServer> {
  return listen({
    address: place.host,
    port: place.port,
    handler,
    tls,
    http2ClearText: true,
    // A CPU profile takes as long as it was asked for.
    writeTimeoutMs: 0,
    onCertificateError: (error) => log.error("the changed certificate cannot be used", { err: error }),
  });
}

async function checkTls(tls: ServerTlsArguments): Promise<void> {
  const { TlsSide } = await import("../http/server/tls.ts");
  TlsSide.create(tls, (socket) => socket.destroy());
}

function hostOf({ address, port }: RunningServer): string {
  return address.slice(0, -`:${port}`.length).replace(/^\[(.*)\]$/, "$1");
}
