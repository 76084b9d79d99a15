import type { Component } from "../../component/index.ts";
import { defineDiscovery } from "../../discovery/define-discovery.ts";
import { attr, duration, int, list, string } from "../../schema/index.ts";
import { discoverByDns } from "./dns-discoverer.ts";
import { type RecordType, recordTypes } from "./lookup.ts";
import { systemResolverConfig } from "./resolver-config.ts";

export const discoveryDns: Component = defineDiscovery({
  name: "discovery.dns",
  stability: "generally-available",
  doc:
    "Looks up names in the DNS, with the servers and search domains of `/etc/resolv.conf`: each record is a target. When a name cannot be looked up, " +
    "its targets stay in use; when it does not exist any more, they are gone.",
  arguments: {
    names: attr(list(string), { required: true, doc: "The names to look up." }),
    refresh_interval: attr(duration, { default: 30_000, doc: "How often they are looked up." }),
    type: attr(string, { default: "SRV", doc: "The type of the records: `SRV`, `A`, `AAAA`, `MX` or `NS`, in any case." }),
    port: attr(int, { doc: "The targets' port; SRV records bring their own." }),
  },
  validate({ type, port, refresh_interval: interval }) {
    const known = recordType(type);
    if (known === undefined) return `invalid DNS-SD records type ${type}`;
    if (known !== "SRV" && port === 0) return "a port is required in DNS-SD configs for all record types except SRV";
    return interval > 0 ? undefined : "refresh_interval must be greater than 0";
  },
  discover: (context, { names, type, port, refresh_interval: refreshInterval }) =>
    discoverByDns(context, { names, type: recordType(type) ?? "SRV", port, refreshInterval, resolverConfig: systemResolverConfig }),
});

function recordType(text: string): RecordType | undefined {
  return recordTypes.find((type) => type === text.toUpperCase());
}
