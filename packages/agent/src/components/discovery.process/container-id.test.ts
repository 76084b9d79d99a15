import { describe, expect, it } from "vitest";
import { containerIdOf } from "./container-id.ts";

const id = "0123456789abcdef".repeat(4);

describe("containerIdOf", () => {
  it.each([
    [`12:cpuset:/kubepods.slice/kubepods-burstable.slice/cri-containerd-${id}.scope`, id],
    [`0::/kubepods.slice/kubepods-pod1.slice/crio-${id}.scope`, id],
    [`0::/../../kubepods-besteffort-pod1.slice/docker-${id}.scope`, id],
    [`11:devices:/kubepods/besteffort/pod1/${id}`, id],
    [`4:cpu:/docker/${id}`, id],
    [`0::/machine.slice/libpod-${id}.scope/container`, id],
    [`0::/system.slice/docker-${id}.scope `, id],
    [`0::/docker/${id}/init.scope`, ""],
    [`0::/docker/${id}a`, ""],
    [`0::/docker/a${id}`, ""],
    [`0::/docker/${id.toUpperCase()}`, ""],
    [`0::${id}`, ""],
    [`a-${id}`, ""],
    ["0::/../../user.slice/user-501.slice/session-3.scope", ""],
    ["", ""],
  ])("%j", (line, expected) => expect(containerIdOf([line])).toBe(expected));

  it("takes the first line that has one", () => {
    expect(containerIdOf(["1:name=systemd:/", `2:cpu:/docker/${id}`, `3:x:/docker/${"f".repeat(64)}`])).toBe(id);
    expect(containerIdOf([])).toBe("");
  });

  it("looks through long lines in no time", () => {
    const begin = performance.now();
    expect(containerIdOf([`0::/${"a-/".repeat(100_000)}`, `0::/${"0".repeat(300_000)}`])).toBe("");
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});
