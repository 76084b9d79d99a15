import type { Counter, MetricFamily, Summary } from "../../component/index.ts";
import type { DiscoveryContext } from "../../discovery/discoverer.ts";
import { JsonRecord } from "../../discovery/json-record.ts";
import type { HttpClientArguments } from "../../http/client/arguments.ts";
import { createHttpClient, type HttpClient } from "../../http/client/http-client.ts";
import { statusLine } from "../../http/client/status-line.ts";

export interface ConsulServer extends HttpClientArguments {
  /** `host:port`. */
  readonly server: string;
  readonly scheme: string;
  /** Empty: none. */
  readonly token: { reveal(): string };
  /** Sent with every query, those that are empty aside. */
  readonly scope: Readonly<Record<"dc" | "ns" | "partition", string>>;
  readonly allowStale: boolean;
}

/** What a query names besides its scope; a name may stand for several values. */
export type ConsulQuery = readonly (readonly [name: string, value: string])[];

export interface ConsulAnswer {
  /** Changes whenever the answer does. */
  readonly index: string;
  readonly body: unknown;
}

/** How long a server may wait for a change before it answers that there is none. */
const waitSeconds = 120;
/** How much longer the answer may take: the server adds up to a sixteenth of the wait on its own. */
const graceMs = 30_000;
/** Most bytes of an answer. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** Asks a Consul agent or server. */
export class ConsulClient {
  readonly #client: HttpClient;
  readonly #server: ConsulServer;
  readonly #durations: MetricFamily<Summary, "endpoint" | "call">;
  readonly #failures: Counter;

  /** Throws when the settings of the client cannot be used. */
  constructor({ id, metrics, identity }: DiscoveryContext, server: ConsulServer) {
    this.#server = server;
    this.#client = createHttpClient(server, { name: id, userAgent: `Prometheus/${identity.version}`, metrics });
    this.#durations = metrics.summary({
      name: "prometheus_sd_consul_rpc_duration_seconds",
      help: "Seconds that calls of Consul took, waiting for changes included.",
      labels: ["endpoint", "call"],
    });
    this.#failures = metrics.counter({ name: "prometheus_sd_consul_rpc_failures_total", help: "Calls of Consul that failed." }).with({});
  }

  /** The services with their tags, as soon as they differ from those of `index`. */
  services(query: ConsulQuery, index: string, signal: AbortSignal): Promise<ConsulAnswer> {
    return this.#watch("catalog/services", query, index, signal, "services");
  }

  /** Where a service runs and how it is, as soon as that differs from what it was at `index`. */
  service(name: string, query: ConsulQuery, index: string, signal: AbortSignal): Promise<ConsulAnswer> {
    return this.#watch(`health/service/${encodeURIComponent(name)}`, query, index, signal, "service");
  }

  /** The datacenter of the agent itself. */
  async datacenter(signal: AbortSignal): Promise<string> {
    const { body } = await this.#get("agent/self", [], signal);
    return JsonRecord.of(body).record("Config").text("Datacenter");
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #watch(path: string, query: ConsulQuery, index: string, signal: AbortSignal, call: string): Promise<ConsulAnswer> {
    const beganAt = performance.now();
    const waiting: ConsulQuery = index === "" ? [] : [["index", index]];
    const stale: ConsulQuery = this.#server.allowStale ? [["stale", ""]] : [];
    const answer = await this.#get(path, [...query, ...waiting, ["wait", `${waitSeconds * 1000}ms`], ...stale], signal);
    this.#durations.with({ endpoint: "catalog", call }).observe((performance.now() - beganAt) / 1000);
    return answer;
  }

  async #get(path: string, query: ConsulQuery, signal: AbortSignal): Promise<ConsulAnswer> {
    const { server, scheme, token, scope } = this.#server;
    const scoped = Object.entries(scope).filter(([, value]) => value !== "");
    const parameters = new URLSearchParams([...scoped, ...query.map(([name, value]): [string, string] => [name, value])]);
    const secret = token.reveal();
    try {
      const response = await this.#client.send({
        method: "GET",
        url: `${scheme}://${server}/v1/${path}?${parameters.toString()}`,
        headers: secret === "" ? [] : [["X-Consul-Token", secret]],
        signal,
        timeoutMs: waitSeconds * 1000 + graceMs,
        maxResponseBytes: maxAnswerBytes,
      });
      if (response.status !== 200) throw new Error(`Unexpected response code: ${statusLine(response)}`);
      return { index: response.headers.get("x-consul-index") ?? "", body: JSON.parse(new TextDecoder().decode(response.body)) };
    } catch (error) {
      if (!signal.aborted) this.#failures.inc();
      throw error;
    }
  }
}
