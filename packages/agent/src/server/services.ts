import { hostname } from "node:os";
import type { Logger } from "../component/logger.ts";
import { LogDuration } from "../component/logger.ts";
import type { Service } from "../runtime/options.ts";
import type { AdminServer } from "./admin-server.ts";
import type { Peer } from "./backend.ts";
import type { HttpArguments, HttpAuthArguments } from "./http-block.ts";
import type { RemoteConfig } from "../remote-config/remote-config.ts";
import type { RemoteConfigArguments } from "../remote-config/remote-config-block.ts";
import { serverTls } from "./server-tls.ts";
import type { LiveDebuggingArguments } from "./service-declarations.ts";
import { serviceDeclarations } from "./service-declarations.ts";

export interface ServiceOptions {
  readonly server: AdminServer;
  /** Empty: the host name. */
  readonly nodeName: string;
  readonly remoteConfig: RemoteConfig;
  readonly log: Logger;
}

/** The services of the program, for the runtime, and what they know at the moment. */
export class ProgramServices {
  readonly all: readonly Service[];
  readonly #self: Peer;
  #auth: HttpAuthArguments | undefined;
  #liveDebugging = false;

  constructor({ server, nodeName, remoteConfig, log }: ServiceOptions) {
    this.#self = { name: nodeName === "" ? hostname() : nodeName, addr: server.address, isSelf: true, state: "participant" };
    const { remotecfg, labelstore, otel, ui } = serviceDeclarations;
    this.all = [
      {
        ...remotecfg,
        evaluate: (args) => remoteConfig.evaluate(args as RemoteConfigArguments),
        run: (signal) => remoteConfig.run(signal),
      },
      this.#http(server, log.with({ service: "http" })),
      this.#liveDebuggingService(),
      this.#cluster(log.with({ service: "cluster" })),
      labelstore,
      otel,
      ui,
    ];
  }

  /** The authentication that is in force. */
  get auth(): HttpAuthArguments | undefined {
    return this.#auth;
  }

  get liveDebugging(): boolean {
    return this.#liveDebugging;
  }

  /** Without clustering the cluster is this instance. */
  get peers(): readonly Peer[] {
    return [this.#self];
  }

  /** Closes the server after everything that depends on it has stopped. */
  #http(server: AdminServer, log: Logger): Service {
    return {
      ...serviceDeclarations.http,
      evaluate: async (args) => {
        const { auth, tls } = args as HttpArguments;
        log.info(`applying ${tls === undefined ? "non-TLS" : "TLS"} config to HTTP server`);
        await server.useTls(tls && serverTls(tls));
        this.#auth = auth;
      },
      run: async (signal) => {
        await aborted(signal);
        const { address } = server;
        await server.close();
        log.info("http server closed", { addr: address });
      },
    };
  }

  #liveDebuggingService(): Service {
    return {
      ...serviceDeclarations.livedebugging,
      evaluate: (args) => {
        this.#liveDebugging = (args as LiveDebuggingArguments).enabled;
      },
    };
  }

  #cluster(log: Logger): Service {
    return {
      ...serviceDeclarations.cluster,
      run: (signal) => {
        const timeout = new LogDuration(0);
        const size = { minimum_cluster_size: 0, minimum_size_wait_timeout: timeout };
        log.info("starting cluster node", { peers_count: 0, peers: "", advertise_addr: this.#self.addr, ...size });
        log.info("peers changed", { peers_count: 1, min_cluster_size: 0, peers: this.#self.name });
        return aborted(signal);
      },
    };
  }
}

/** Resolves when the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
