import { defaultHttpClient, isDefaultHttpClient, type HttpClientArguments } from "../../http/client/arguments.ts";
import { createHttpClient, type HttpClient, type HttpResponse } from "../../http/client/http-client.ts";
import { statusLine } from "../../http/client/status-line.ts";
import type { DiscoveryContext } from "../discoverer.ts";
import { JsonRecord, readJsonList } from "../json-record.ts";
import { parseDockerHost } from "./docker-host.ts";
import type { DockerFilter } from "./docker-fields.ts";

/** Most bytes of a list. */
const maxListBytes = 64 * 1024 * 1024;

interface DockerEngineArguments extends HttpClientArguments {
  readonly host: string;
  /** Milliseconds, above 0: how long a request may take. */
  readonly refresh_interval: number;
}

/** Asks a Docker engine, or whatever speaks its language, for lists. */
export class DockerEngine {
  readonly #client: HttpClient;
  readonly #url: string;
  readonly #timeoutMs: number;

  /** Throws when the host or the settings of the client cannot be used. */
  constructor({ id, log, metrics, identity }: DiscoveryContext, args: DockerEngineArguments) {
    const { url, socketPath, configurable } = parseDockerHost(args.host);
    if (!configurable && !isDefaultHttpClient(args)) {
      log.warn("settings of the HTTP client have no effect with this host: use http:// or https://");
    }
    this.#url = url;
    this.#timeoutMs = args.refresh_interval;
    this.#client = createHttpClient(configurable ? args : defaultHttpClient(), {
      name: id,
      userAgent: `Prometheus/${identity.version}`,
      metrics,
      socketPath,
    });
  }

  /** `kind` is the path of the list: `containers/json`, `networks`. Throws when the engine does not answer with one. */
  async list(kind: string, signal: AbortSignal, filters: readonly DockerFilter[] = []): Promise<readonly JsonRecord[]> {
    const query = filters.length === 0 ? "" : `?filters=${encodeURIComponent(JSON.stringify(joined(filters)))}`;
    const response = await this.#client.send({
      method: "GET",
      url: `${this.#url}/${kind}${query}`,
      headers: [],
      signal,
      timeoutMs: this.#timeoutMs,
      maxResponseBytes: maxListBytes,
    });
    if (response.status !== 200) throw new Error(`Error response from daemon: ${reasonOf(response)}`);
    return readJsonList(response.body);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

/** Filters of the same name add up. */
function joined(filters: readonly DockerFilter[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    [...Map.groupBy(filters, ({ name }) => name)].map(([name, same]) => [name, same.flatMap(({ values }) => values)]),
  );
}

/** What the engine says; the status when it says nothing. */
function reasonOf(response: HttpResponse): string {
  try {
    const message = JsonRecord.of(JSON.parse(new TextDecoder().decode(response.body))).text("message");
    return message === "" ? statusLine(response) : message;
  } catch {
    return statusLine(response);
  }
}
