import type { Labels } from "./labels.ts";

/** A label whose value is the name, or two labels that give `first/second` when both are there. */
export type ServiceNameSource = string | readonly [first: string, second: string];

/** Where a scraped target's name comes from, best first. */
export const serviceNameSources: readonly ServiceNameSource[] = [
  "__meta_kubernetes_pod_annotation_pyroscope_io_service_name",
  ["__meta_kubernetes_namespace", "__meta_kubernetes_pod_container_name"],
  "__meta_docker_container_name",
  "__meta_dockerswarm_container_label_service_name",
  "__meta_dockerswarm_service_name",
];

/** The target's own `service_name`, else the first source that gives a text, else `fallback`. */
export function inferServiceName(
  labels: Labels,
  sources: readonly ServiceNameSource[] = serviceNameSources,
  fallback = "unspecified",
): string {
  for (const source of ["service_name", ...sources]) {
    const name = typeof source === "string" ? labels.get(source) : joined(labels.get(source[0]), labels.get(source[1]));
    if (name !== "") return name;
  }
  return fallback;
}

function joined(first: string, second: string): string {
  return first === "" || second === "" ? "" : `${first}/${second}`;
}
