import { Labels } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import { joinTargets } from "./join-targets.ts";

const join = (processes: readonly Record<string, string>[], containers: readonly Record<string, string>[]) =>
  joinTargets(
    processes.map((one) => Labels.of(one)),
    containers.map((one) => Labels.of(one)),
  ).map((labels) => labels.toRecord());

describe("joinTargets", () => {
  it("merges by container, keeps processes without one, and all targets of containers", () => {
    const processes = [
      { __process_pid__: "1", __container_id__: "X", own: "1" },
      { __process_pid__: "2", __container_id__: "X" },
      { __process_pid__: "3" },
      { __process_pid__: "4", __container_id__: "unknown" },
    ];
    const containers = [
      { __meta_docker_container_id: "X", foo: "bar", own: "2" },
      { __meta_kubernetes_pod_container_id: "docker://Y" },
      { lol: "lol" },
    ];
    expect(join(processes, containers)).toEqual([
      { __process_pid__: "1", __container_id__: "X", __meta_docker_container_id: "X", foo: "bar", own: "2" },
      { __process_pid__: "2", __container_id__: "X", __meta_docker_container_id: "X", foo: "bar", own: "2" },
      { __process_pid__: "3" },
      { __process_pid__: "4", __container_id__: "unknown" },
      ...containers,
    ]);
  });

  it.each(["docker://", "containerd://", "cri-o://", ""])("knows the container of Kubernetes behind %j", (prefix) => {
    const [first] = join([{ __container_id__: "Z" }], [{ __meta_kubernetes_pod_container_id: `${prefix}Z`, pod: "p" }]);
    expect(first).toMatchObject({ pod: "p" });
  });

  it("takes the last target of a container, and the id of its own before those of others", () => {
    const [first] = join(
      [{ __container_id__: "Z" }],
      [
        { __container_id__: "Z", n: "1" },
        { __container_id__: "Z", __meta_docker_container_id: "A", n: "2" },
      ],
    );
    expect(first).toMatchObject({ n: "2" });
  });
});
