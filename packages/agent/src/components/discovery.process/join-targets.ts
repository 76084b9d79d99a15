import type { Labels } from "@flameline/profile";

/** Prefixes of container ids in Kubernetes, which name the runtime. */
const runtimePrefix = /^(?:docker|containerd|cri-o):\/\//;

/** The container that a target is about; empty when it is about none. */
function containerOf(target: Labels): string {
  return (
    target.get("__container_id__") ||
    target.get("__meta_kubernetes_pod_container_id").replace(runtimePrefix, "") ||
    target.get("__meta_docker_container_id")
  );
}

/**
 * The processes with what is known about their containers, whose labels win, and then all targets of the containers themselves: a process that is not seen
 * must not cost the target. Of several targets of a container the last one counts.
 */
export function joinTargets(processes: readonly Labels[], containers: readonly Labels[]): readonly Labels[] {
  const byId = new Map(containers.map((target) => [containerOf(target), target]));
  const joined = processes.map((process) => {
    const id = process.get("__container_id__");
    const container = id === "" ? undefined : byId.get(id);
    if (container === undefined) return process;
    const builder = process.edit();
    for (const [name, value] of container) builder.set(name, value);
    return builder.labels();
  });
  return [...joined, ...containers];
}
