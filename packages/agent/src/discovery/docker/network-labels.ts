import type { JsonRecord } from "../json-record.ts";
import { prefixedLabels } from "../label-name.ts";

type Entries = readonly (readonly [name: string, value: string])[];

/**
 * The labels of each network by its id, and by its name, which is what Podman's containers know; e.g. `__meta_docker_network_name` for the prefix
 * `__meta_docker_network_`.
 */
export function networkLabels(networks: readonly JsonRecord[], prefix: string): ReadonlyMap<string, Entries> {
  const all = networks.map((network) => ({ network, labels: labelsOf(network, prefix) }));
  return new Map([
    ...all.map(({ network, labels }) => [network.text("Name"), labels] as const),
    ...all.map(({ network, labels }) => [network.text("Id"), labels] as const),
  ]);
}

function labelsOf(network: JsonRecord, prefix: string): Entries {
  return [
    [`${prefix}id`, network.text("Id")],
    [`${prefix}name`, network.text("Name")],
    [`${prefix}scope`, network.text("Scope")],
    [`${prefix}internal`, String(network.bool("Internal"))],
    [`${prefix}ingress`, String(network.bool("Ingress"))],
    ...prefixedLabels(`${prefix}label_`, network.record("Labels").textEntries()),
  ];
}
