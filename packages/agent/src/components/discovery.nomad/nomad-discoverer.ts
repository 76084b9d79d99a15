import { Labels } from "@flameline/profile";
import type { Discoverer, DiscoveryContext } from "../../discovery/discoverer.ts";
import { type JsonRecord, readJsonList } from "../../discovery/json-record.ts";
import { byLabels } from "../../discovery/label-order.ts";
import { RefreshingDiscoverer } from "../../discovery/refreshing.ts";
import type { HttpClientArguments } from "../../http/client/arguments.ts";
import { createHttpClient, type HttpClient } from "../../http/client/http-client.ts";
import { statusLine } from "../../http/client/status-line.ts";
import { joinHostPort } from "../../http/server/listen-error.ts";

interface NomadArguments extends HttpClientArguments {
  readonly server: string;
  readonly namespace: string;
  readonly region: string;
  readonly allow_stale: boolean;
  readonly tag_separator: string;
  /** Milliseconds, above 0. */
  readonly refresh_interval: number;
}

/** Most bytes of an answer. */
const maxListBytes = 64 * 1024 * 1024;

/** Lists the services of Nomad, and then the places of each, at every interval. Throws when the client cannot be made. */
export function discoverWithNomad(context: DiscoveryContext, args: NomadArguments): Discoverer {
  const { id, metrics, identity } = context;
  const client = createHttpClient(args, { name: id, userAgent: `Prometheus/${identity.version}`, metrics });
  const failures = metrics.counter({ name: "prometheus_sd_nomad_failures_total", help: "Refreshes with Nomad that failed." }).with({});
  return new RefreshingDiscoverer(context, {
    mechanism: "nomad",
    intervalMs: args.refresh_interval,
    async refresh(signal) {
      try {
        return [{ source: "Nomad", targets: await listTargets(client, args, signal) }];
      } catch (error) {
        if (!signal.aborted) failures.inc();
        throw error;
      }
    },
    close: () => client.close(),
  });
}

async function listTargets(client: HttpClient, args: NomadArguments, signal: AbortSignal): Promise<readonly Labels[]> {
  const found: Labels[] = [];
  for (const group of await list(client, args, "services", args.namespace, signal)) {
    for (const service of group.records("Services")) {
      // Names are unique within a namespace only.
      const namespace = group.text("Namespace") || args.namespace;
      const places = await list(client, args, `service/${encodeURIComponent(service.text("ServiceName"))}`, namespace, signal);
      found.push(...places.map((place) => Labels.of(labelsOf(place, args.tag_separator))));
    }
  }
  return found.sort(byLabels(["__meta_nomad_namespace", "__meta_nomad_service", "__address__"]));
}

async function list(
  client: HttpClient,
  args: NomadArguments,
  path: string,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly JsonRecord[]> {
  const parameters = new URLSearchParams([
    ["namespace", namespace],
    ["region", args.region],
    ...(args.allow_stale ? [["stale", ""] as [string, string]] : []),
  ]);
  const response = await client.send({
    method: "GET",
    url: `${args.server.replace(/\/+$/, "")}/v1/${path}?${parameters.toString()}`,
    headers: [],
    signal,
    timeoutMs: args.refresh_interval,
    maxResponseBytes: maxListBytes,
  });
  if (response.status !== 200) throw new Error(`Unexpected response code: ${statusLine(response)}`);
  return readJsonList(response.body);
}

function labelsOf(place: JsonRecord, separator: string): readonly (readonly [string, string])[] {
  const tags = place.texts("Tags");
  return [
    ["__address__", joinHostPort(place.text("Address"), place.number("Port"))],
    ["__meta_nomad_address", place.text("Address")],
    ["__meta_nomad_dc", place.text("Datacenter")],
    ["__meta_nomad_namespace", place.text("Namespace")],
    ["__meta_nomad_node_id", place.text("NodeID")],
    ["__meta_nomad_service", place.text("ServiceName")],
    ["__meta_nomad_service_address", place.text("Address")],
    ["__meta_nomad_service_id", place.text("ID")],
    ["__meta_nomad_service_port", String(place.number("Port"))],
    ["__meta_nomad_tags", tags.length === 0 ? "" : separator + tags.join(separator) + separator],
  ];
}
