import type { Discoverer, DiscoveryContext } from "../../discovery/discoverer.ts";
import { RefreshingDiscoverer } from "../../discovery/refreshing.ts";
import { groupTargets, readJsonGroups } from "../../discovery/static-groups.ts";
import type { TargetGroup } from "../../discovery/target-group.ts";
import type { HttpClientArguments } from "../../http/client/arguments.ts";
import { createHttpClient, type HttpClient, type HttpResponse } from "../../http/client/http-client.ts";
import { shownUrlText } from "../../http/client/request-url.ts";
import { statusLine } from "../../http/client/status-line.ts";

interface HttpDiscoveryArguments extends HttpClientArguments {
  readonly url: string;
  /** Milliseconds, above 0. */
  readonly refresh_interval: number;
}

/** Most bytes of a list. */
export const maxListBytes: number = 64 * 1024 * 1024;

const jsonType = /^application\/json(;\s*charset=("utf-8"|utf-8))?$/i;

/** Asks a URL for target groups at every interval. Throws when the client cannot be made. */
export function discoverOverHttp(context: DiscoveryContext, args: HttpDiscoveryArguments): Discoverer {
  const { id, metrics, identity } = context;
  const client = createHttpClient(args, { name: id, userAgent: `Prometheus/${identity.version}`, metrics });
  const failures = metrics.counter({ name: "prometheus_sd_http_failures_total", help: "Refreshes over HTTP that failed." }).with({});
  return new RefreshingDiscoverer(context, {
    mechanism: "http",
    intervalMs: args.refresh_interval,
    async refresh(signal) {
      try {
        return await fetchGroups(client, args, signal);
      } catch (error) {
        if (!signal.aborted) failures.inc();
        throw error;
      }
    },
    close: () => client.close(),
  });
}

async function fetchGroups(client: HttpClient, args: HttpDiscoveryArguments, signal: AbortSignal): Promise<readonly TargetGroup[]> {
  const { url, refresh_interval: intervalMs } = args;
  const response = await client.send({
    method: "GET",
    url,
    headers: [
      ["Accept", "application/json"],
      ["X-Prometheus-Refresh-Interval-Seconds", String(intervalMs / 1000)],
    ],
    signal,
    timeoutMs: intervalMs,
    maxResponseBytes: maxListBytes,
  });
  checkAnswer(response);
  const shown = shownUrlText(url);
  return readJsonGroups(response.body).map((group, index) => ({
    // As many digits as the longest list needs: sources are sorted as texts.
    source: `${shown}:${String(index).padStart(6, "0")}`,
    targets: groupTargets(group, ["__meta_url", shown]),
  }));
}

function checkAnswer(response: HttpResponse): void {
  if (response.status !== 200) throw new Error(`server returned HTTP status ${statusLine(response)}`);
  const type = response.headers.get("content-type") ?? "";
  if (!jsonType.test(type.trim())) throw new Error(`unsupported content type ${JSON.stringify(type)}`);
}
