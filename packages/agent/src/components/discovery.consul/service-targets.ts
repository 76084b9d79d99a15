import { Labels } from "@flameline/profile";
import type { JsonRecord } from "../../discovery/json-record.ts";
import { prefixedLabels } from "../../discovery/label-name.ts";
import { byLabels } from "../../discovery/label-order.ts";
import { joinHostPort } from "../../http/server/listen-error.ts";

export interface ServiceTargetOptions {
  readonly datacenter: string;
  readonly tagSeparator: string;
}

/** A target for each place where a service runs. */
export function serviceTargets(service: string, entries: readonly JsonRecord[], options: ServiceTargetOptions): readonly Labels[] {
  return entries
    .map((entry) => {
      const node = entry.record("Node");
      const own = entry.record("Service");
      const { tagSeparator: separator } = options;
      return Labels.of([
        ["__address__", joinHostPort(own.text("Address") || node.text("Address"), own.number("Port"))],
        ["__meta_consul_address", node.text("Address")],
        ["__meta_consul_dc", options.datacenter],
        ["__meta_consul_health", statusOf(entry.records("Checks"))],
        ["__meta_consul_namespace", own.text("Namespace")],
        ["__meta_consul_node", node.text("Node")],
        ["__meta_consul_partition", own.text("Partition")],
        ["__meta_consul_service", service],
        ["__meta_consul_service_address", own.text("Address")],
        ["__meta_consul_service_id", own.text("ID")],
        ["__meta_consul_service_port", String(own.number("Port"))],
        // With separators at both ends a pattern need not care where a tag stands.
        ["__meta_consul_tags", separator + own.texts("Tags").join(separator) + separator],
        ...prefixedLabels("__meta_consul_metadata_", node.record("Meta").textEntries()),
        ...prefixedLabels("__meta_consul_service_metadata_", own.record("Meta").textEntries()),
        ...prefixedLabels("__meta_consul_tagged_address_", node.record("TaggedAddresses").textEntries()),
      ]);
    })
    .sort(byLabels(["__meta_consul_node", "__meta_consul_service_id"]));
}

/** The worst of the checks; maintenance is worst of all. */
function statusOf(checks: readonly JsonRecord[]): string {
  if (checks.some((check) => /^(_node_maintenance$|_service_maintenance:)/.test(check.text("CheckID")))) return "maintenance";
  const states = new Set(checks.map((check) => check.text("Status")));
  return ["critical", "warning"].find((state) => states.has(state)) ?? "passing";
}
