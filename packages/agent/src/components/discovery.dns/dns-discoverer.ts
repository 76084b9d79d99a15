import type { Discoverer, DiscoveryContext } from "../../discovery/discoverer.ts";
import { RefreshingDiscoverer } from "../../discovery/refreshing.ts";
import type { TargetGroup } from "../../discovery/target-group.ts";
import { lookup, type RecordType } from "./lookup.ts";
import { recordTargets } from "./record-targets.ts";
import type { ResolverConfig } from "./resolver-config.ts";

export interface DnsDiscovery {
  readonly names: readonly string[];
  readonly type: RecordType;
  /** Of all targets but those of SRV records. */
  readonly port: number;
  /** Milliseconds, above 0. */
  readonly refreshInterval: number;
  /** Asked at each refresh. */
  readonly resolverConfig: () => Promise<ResolverConfig>;
}

/** Looks up names at every interval, all at the same time. A name that cannot be looked up keeps its targets; the other names are not concerned. */
export function discoverByDns(context: DiscoveryContext, discovery: DnsDiscovery): Discoverer {
  const { metrics, health, log } = context;
  const lookups = metrics.counter({ name: "prometheus_sd_dns_lookups_total", help: "Names looked up." }).with({});
  const failures = metrics
    .counter({ name: "prometheus_sd_dns_lookup_failures_total", help: "Names that could not be looked up." })
    .with({});
  const known = new Map<string, TargetGroup>();
  const refreshName = async (name: string, config: ResolverConfig, signal: AbortSignal): Promise<TargetGroup> => {
    lookups.inc();
    try {
      const records = await lookup(name, discovery.type, config, { signal });
      const group = { source: name, targets: recordTargets(name, discovery.type, discovery.port, records) };
      known.set(name, group);
      health.succeeded(name);
      return group;
    } catch (error) {
      if (!signal.aborted) {
        failures.inc();
        health.failed(error, name);
        log.error("Error refreshing DNS targets", { err: error instanceof Error ? error : String(error) });
      }
      return known.get(name) ?? { source: name, targets: [] };
    }
  };
  return new RefreshingDiscoverer(context, {
    mechanism: "dns",
    intervalMs: discovery.refreshInterval,
    async refresh(signal) {
      const config = await discovery.resolverConfig();
      return Promise.all([...new Set(discovery.names)].map((name) => refreshName(name, config, signal)));
    },
  });
}
