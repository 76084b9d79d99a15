import type { Discoverer, DiscoveryContext, PublishGroups } from "../../discovery/discoverer.ts";
import { JsonRecord } from "../../discovery/json-record.ts";
import { waitUntil } from "../../http/wait-until.ts";
import type { ConsulAnswer, ConsulClient, ConsulQuery } from "./consul-client.ts";
import { serviceTargets } from "./service-targets.ts";

export interface ConsulDiscovery {
  /** Only these; all when empty. */
  readonly services: readonly string[];
  /** Only services, and places of theirs, with all of these. */
  readonly tags: readonly string[];
  readonly nodeMeta: ReadonlyMap<string, string>;
  /** Empty: that of the agent. */
  readonly datacenter: string;
  readonly tagSeparator: string;
  /** The same thing is not asked again before this time, milliseconds, above 0. */
  readonly intervalMs: number;
}

/** How long to wait after a failed call, milliseconds. */
export const defaultRetryMs = 15_000;
/** So many services are followed at most, each by a request that waits. */
export const maxFollowedServices = 5000;

/** Follows the services of a Consul: each by a request that the server answers when something has changed. */
export class ConsulDiscoverer implements Discoverer {
  readonly #context: DiscoveryContext;
  readonly #client: ConsulClient;
  readonly #discovery: ConsulDiscovery;
  readonly #retryMs: number;
  readonly #followed = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();
  readonly #nodeMeta: ConsulQuery;

  constructor(context: DiscoveryContext, client: ConsulClient, discovery: ConsulDiscovery, retryMs: number = defaultRetryMs) {
    this.#context = context;
    this.#client = client;
    this.#discovery = discovery;
    this.#retryMs = retryMs;
    this.#nodeMeta = [...discovery.nodeMeta].map(([name, value]) => ["node-meta", `${name}:${value}`]);
  }

  async run(publish: PublishGroups, signal: AbortSignal): Promise<void> {
    const datacenter = await this.#datacenter(signal);
    const follow = (names: readonly string[]): void => this.#follow(names, datacenter, publish, signal);
    const { services, tags } = this.#discovery;
    if (services.length > 0 && tags.length === 0) {
      follow(services);
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    } else {
      const ask = (index: string): Promise<ConsulAnswer> => this.#client.services(this.#nodeMeta, index, signal);
      await this.#repeat("", "Error refreshing service list", signal, ask, (body) => follow(this.#wanted(body)));
    }
    await Promise.all([...this.#followed.values()].map(({ done }) => done));
    await this.#client.close();
  }

  async discard(): Promise<void> {
    await this.#client.close();
  }

  async #datacenter(signal: AbortSignal): Promise<string> {
    let { datacenter } = this.#discovery;
    while (datacenter === "" && !signal.aborted) {
      try {
        datacenter = await this.#client.datacenter(signal);
        this.#context.health.succeeded();
        // An agent that does not know its own has no label for it.
        break;
      } catch (error) {
        await this.#fail("", "Error retrieving datacenter name", error, signal);
      }
    }
    return datacenter;
  }

  #wanted(body: unknown): readonly string[] {
    const { services, tags } = this.#discovery;
    const record = JsonRecord.of(body);
    return Object.keys(typeof body === "object" && body !== null ? body : {}).filter((name) => {
      const own = new Set(record.texts(name));
      return (services.length === 0 || services.includes(name)) && tags.every((tag) => own.has(tag));
    });
  }

  #follow(names: readonly string[], datacenter: string, publish: PublishGroups, signal: AbortSignal): void {
    const wanted = new Set(names.slice(0, maxFollowedServices));
    if (names.length > maxFollowedServices) {
      this.#context.log.error("further services are not followed", { followed: maxFollowedServices, found: names.length });
    }
    for (const [name, { stop }] of this.#followed) {
      if (wanted.has(name)) continue;
      stop.abort();
      this.#followed.delete(name);
      this.#context.health.succeeded(name);
      publish([{ source: name, targets: [] }]);
    }
    for (const name of wanted) {
      if (!this.#followed.has(name)) this.#followed.set(name, this.#start(name, datacenter, publish, signal));
    }
  }

  #start(
    name: string,
    datacenter: string,
    publish: PublishGroups,
    signal: AbortSignal,
  ): { readonly stop: AbortController; readonly done: Promise<void> } {
    const stop = new AbortController();
    const until = AbortSignal.any([signal, stop.signal]);
    const query: ConsulQuery = [...this.#discovery.tags.map((tag) => ["tag", tag] as const), ...this.#nodeMeta];
    const { tagSeparator } = this.#discovery;
    const ask = (index: string): Promise<ConsulAnswer> => this.#client.service(name, query, index, until);
    const done = this.#repeat(name, "Error refreshing service", until, ask, (body) => {
      const entries = Array.isArray(body) ? (body as readonly unknown[]).map((entry) => JsonRecord.of(entry)) : [];
      publish([{ source: name, targets: serviceTargets(name, entries, { datacenter, tagSeparator }) }]);
    });
    return { stop, done };
  }

  /** Asks again and again until `signal` aborts; whatever has changed goes to `use`. */
  async #repeat(
    source: string,
    failure: string,
    signal: AbortSignal,
    ask: (index: string) => Promise<ConsulAnswer>,
    use: (body: unknown) => void,
  ): Promise<void> {
    let index = "";
    while (!signal.aborted) {
      const beganAt = performance.now();
      try {
        const answer = await ask(index);
        this.#context.health.succeeded(source);
        // The same index: nothing has changed within the time that the server waits.
        if (answer.index === "" || answer.index !== index) use(answer.body);
        // An index that goes back belongs to another server, whose earlier changes must not be missed.
        index = Number(answer.index) < Number(index) ? "" : answer.index;
      } catch (error) {
        await this.#fail(source, failure, error, signal);
        // A server that was started anew counts from the beginning: with the old index it would keep us waiting.
        index = "";
        continue;
      }
      await waitUntil(beganAt + this.#discovery.intervalMs, signal);
    }
  }

  async #fail(source: string, message: string, error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { health, log } = this.#context;
    health.failed(error, source);
    log.error(message, { ...(source !== "" && { service: source }), err: error instanceof Error ? error : String(error) });
    await waitUntil(performance.now() + this.#retryMs, signal);
  }
}
