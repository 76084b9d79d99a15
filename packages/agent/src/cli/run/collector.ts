import type { Logger } from "../../component/logger.ts";
import type { OwnEndpoint } from "../../component/own-addresses.ts";
import { OwnAddresses } from "../../component/own-addresses.ts";
import { loadIdentity } from "../../identity/identity.ts";
import { goPlatform } from "../../identity/platform.ts";
import { version } from "../../identity/version.ts";
import { importKinds } from "../../imports/index.ts";
import type { LoggingArguments } from "../../log/logging-block.ts";
import type { Logging } from "../../log/logging.ts";
import { registerProgramMetrics } from "../../metrics/program-metrics.ts";
import { MetricsRegistry } from "../../metrics/registry.ts";
import { RemoteConfig } from "../../remote-config/remote-config.ts";
import type { ConfigBlock, RuntimeOptions } from "../../runtime/index.ts";
import { IsolatedRuntime, Journeys, LiveFeed, Runtime } from "../../runtime/index.ts";
import type { AdminServer } from "../../server/admin-server.ts";
import { createAdminHandler } from "../../server/handler.ts";
import { ProgramServices } from "../../server/services.ts";
import { configBlocks, graphOptions } from "../configuration.ts";
import { modulePathOf } from "../module-path.ts";
import type { RunFlags } from "../flags/run-flags.ts";
import { liveBackend } from "./live-backend.ts";
import type { LoadOutcome } from "./config-loader.ts";
import { ConfigLoader } from "./config-loader.ts";
import { ConfigMetrics } from "./config-metrics.ts";

export interface CollectorOptions {
  readonly flags: RunFlags;
  /** File or directory of the configuration. */
  readonly path: string;
  /** Open already, and answering that the program is not ready. */
  readonly server: AdminServer;
  readonly logging: Logging;
}

/** The running program: its parts put together, from the first load of the configuration to the end. */
export class Collector {
  readonly #options: CollectorOptions;
  readonly #registry: MetricsRegistry;
  readonly #services: ProgramServices;
  readonly #runtime: Runtime;
  readonly #remote: IsolatedRuntime;
  readonly #live: LiveFeed;
  readonly #ownAddresses: OwnAddresses;
  readonly #journey: Journeys;
  readonly #loader: ConfigLoader;
  readonly #log: Logger;

  private constructor(
    options: CollectorOptions,
    parts: {
      registry: MetricsRegistry;
      services: ProgramServices;
      runtime: Runtime;
      remote: IsolatedRuntime;
      live: LiveFeed;
      ownAddresses: OwnAddresses;
      journey: Journeys;
    },
  ) {
    this.#options = options;
    this.#ownAddresses = parts.ownAddresses;
    this.#journey = parts.journey;
    this.#registry = parts.registry;
    this.#services = parts.services;
    this.#runtime = parts.runtime;
    this.#remote = parts.remote;
    this.#live = parts.live;
    this.#log = options.logging.logger;
    const metrics = new ConfigMetrics(parts.registry.scope(), options.flags["cluster.name"]);
    this.#loader = new ConfigLoader(options.path, parts.runtime, metrics);
  }

  /** @throws Error when the storage directory cannot be used. */
  static async create(options: CollectorOptions): Promise<Collector> {
    const { flags, path, server, logging } = options;
    const log = logging.logger;
    const registry = new MetricsRegistry();
    registerProgramMetrics(registry.scope(), { version, ...goPlatform });
    const storagePath = flags["storage.path"];
    const identity = await loadIdentity(storagePath, server.address);
    const remoteConfig = new RemoteConfig({
      identity,
      os: goPlatform.os,
      storagePath,
      log: log.with({ service: "remotecfg" }),
      metrics: registry.scope(),
    });
    const services = new ProgramServices({ server, nodeName: flags["cluster.node-name"], remoteConfig, log });
    const ownAddresses = new OwnAddresses();
    const journey = new Journeys();
    const live = new LiveFeed();
    const runtimeOptions: RuntimeOptions = {
      ...graphOptions(flags),
      services: services.all,
      configBlocks: programBlocks(logging),
      imports: importKinds,
      log,
      live,
      metrics: registry.scope(),
      componentServices: { identity, cluster: { owns: () => true }, ownAddresses, journey, queueByDefault: flags["queue.enabled"] },
      storagePath,
      shutdownDeadlineMs: flags["feature.component-shutdown-deadline"],
      modulePath: await modulePathOf(path),
    };
    const remote = new IsolatedRuntime("remotecfg", runtimeOptions);
    remoteConfig.use(remote);
    return new Collector(options, { registry, services, runtime: new Runtime(runtimeOptions), remote, live, ownAddresses, journey });
  }

  /** Loads the configuration for the first time. */
  load(): Promise<LoadOutcome> {
    return this.#loader.load();
  }

  /** Where the loaded configuration sends profiles. */
  get endpoints(): readonly OwnEndpoint[] {
    return this.#ownAddresses.endpoints;
  }

  /** Loads the configuration again and says how that went in the log; gives the reason when it failed. Never rejects: what runs goes on. */
  async reload(log: Logger = this.#log): Promise<string | undefined> {
    const reason = await this.#reload();
    if (reason === undefined) log.info("config reloaded");
    else log.error("failed to reload config", { err: reason });
    return reason;
  }

  /** Runs what was loaded until `signal` aborts and everything has stopped. */
  run(signal: AbortSignal): Promise<void> {
    const running = this.#runtime.run(signal);
    this.#serve();
    return running;
  }

  async #reload(): Promise<string | undefined> {
    try {
      return this.#loader.reasonOf(await this.#loader.load());
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  }

  #serve(): void {
    const { server, flags } = this.#options;
    const { inspect } = this.#runtime;
    const { inspect: remote } = this.#remote;
    const services = this.#services;
    const log = this.#log.with({ service: "http" });
    const backend = {
      unhealthyNames: () => inspect.unhealthyNames(),
      reload: () => {
        log.info("reload requested via /-/reload endpoint");
        return this.reload(log);
      },
      metrics: () => this.#registry.render(),
      components: (moduleId: string) => inspect.components(moduleId),
      component: (id: string) => inspect.component(id),
      componentIdOf: (path: string) =>
        path.startsWith("remotecfg/") ? remote.componentIdOf(path.slice("remotecfg/".length)) : inspect.componentIdOf(path),
      remoteComponents: (moduleId: string) => remote.components(moduleId),
      remoteComponent: (id: string) => remote.component(id),
      peers: () => services.peers,
      liveDebugging: () => services.liveDebugging,
      journey: (service: string | undefined) => ({ trails: this.#journey.trails(service), incidents: this.#journey.incidents(service) }),
      ...liveBackend(inspect, this.#live, log),
    };
    server.serve(
      createAdminHandler(backend, {
        pathPrefix: flags["server.http.ui-path-prefix"],
        version,
        pprof: flags["server.http.enable-pprof"],
        supportBundle: !flags["server.http.disable-support-bundle"],
        auth: () => services.auth,
        log,
      }),
    );
  }
}

function programBlocks(logging: Logging): readonly ConfigBlock[] {
  return [
    {
      ...configBlocks.logging,
      evaluate(args) {
        // The runtime evaluates a block only with what its own definition decoded.
        const { level, format } = args as LoggingArguments;
        logging.configure({ level, format });
      },
    },
    { ...configBlocks.tracing, evaluate: () => {} },
  ];
}
