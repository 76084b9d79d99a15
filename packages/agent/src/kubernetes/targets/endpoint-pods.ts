import type { Labels } from "@flameline/profile";
import { joinHostPort } from "../../http/server/listen-error.ts";
import type { ObjectReference } from "../objects/endpoints.ts";
import type { LabelPairs } from "../objects/kubernetes-object.ts";
import type { Container, ContainerPort, Pod } from "../objects/pod.ts";
import type { SharedLabels } from "./label-set.ts";
import { containerLabels, portLabels } from "./pod-targets.ts";
import type { Surroundings } from "./role.ts";

/** Follows the pods behind the addresses of a service, for the labels that they add and for their ports that the service does not name. */
export class EndpointPods {
  readonly #surroundings: Surroundings;
  /** With the ports by which the service reaches them. */
  readonly #seen = new Map<Pod, Set<number>>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** The labels that a pod adds to the target of an address and port; none when there is no pod. `protocol` is the service's, when that is to be shown. */
  labels(target: ObjectReference | undefined, number: number | undefined, protocol?: string): LabelPairs {
    const pod = target === undefined || target.podKey === "" ? undefined : this.#surroundings.pods?.get(target.podKey);
    if (pod === undefined) return [];
    const ports = this.#seen.get(pod) ?? new Set();
    this.#seen.set(pod, ports);
    if (number === undefined) return pod.labels;
    ports.add(number);
    // Of several containers with the same port the last one counts, of several ports of a container the first.
    const container = pod.containers.findLast(({ ports }) => ports.some((port) => port.number === number));
    const port = container?.ports.find((one) => one.number === number);
    if (container === undefined || port === undefined) return pod.labels;
    return [...pod.labels, ...containerLabels(container), ...portLabels(protocol === undefined ? port : { ...port, protocol })];
  }

  /** The labels of a target for each port of these pods that the service does not reach. */
  others(group: SharedLabels): readonly Labels[] {
    return [...this.#seen].flatMap(([pod, reached]) =>
      pod.ip === ""
        ? []
        : pod.containers.flatMap((container) =>
            container.ports.filter(({ number }) => !reached.has(number)).map((port) => otherTarget(group, pod, container, port)),
          ),
    );
  }
}

function otherTarget(group: SharedLabels, pod: Pod, container: Container, port: ContainerPort): Labels {
  const address = ["__address__", joinHostPort(pod.ip, port.number)];
  return group.with(address, containerLabels(container), portLabels(port), pod.labels);
}
