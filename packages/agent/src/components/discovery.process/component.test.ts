import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ContainerEngine, engineRuns } from "../../../../../tests/support/container-engine.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { foundTargets } from "../../discovery/testing/found-targets.ts";
import { RunningDiscoverer } from "../../discovery/testing/running-discoverer.ts";
import { discoveryProcess } from "./component.ts";
import { ProcessDiscoverer } from "./process-discoverer.ts";

const byPid = (running: RunningComponent, pid: number | undefined) =>
  foundTargets(running).find((labels) => labels["__process_pid__"] === String(pid));

describe.skipIf(process.platform !== "linux")("discovery.process", () => {
  let child: ChildProcess;
  beforeEach(async () => {
    child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 300_000)", "", "é"], { cwd: tmpdir(), argv0: "my app", stdio: "ignore" });
    await new Promise((resolve) => child.once("spawn", resolve));
  });
  afterEach(() => void child.kill("SIGKILL"));

  it("finds a process with what is asked by default", async () => {
    await using running = await RunningComponent.start(discoveryProcess, "");
    await expect.poll(() => byPid(running, child.pid)?.["__meta_process_commandline"]).toBe("my app -e setTimeout(() => {}, 300_000) é");
    const { __container_id__: _, ...labels } = byPid(running, child.pid) ?? {};
    expect(labels).toEqual({
      __process_pid__: String(child.pid),
      __meta_process_exe: process.execPath,
      __meta_process_cwd: tmpdir(),
      __meta_process_commandline: "my app -e setTimeout(() => {}, 300_000) é",
    });
  });

  it("finds out what it is told to", async () => {
    const config =
      "discover_config {\n  exe = false\n  cwd = false\n  commandline = false\n  container_id = false\n  uid = true\n  username = true\n  cgroup_path = true\n}";
    await using running = await RunningComponent.start(discoveryProcess, config);
    await expect
      .poll(() => byPid(running, child.pid))
      .toEqual({
        __process_pid__: String(child.pid),
        __meta_process_uid: String(userInfo().uid),
        __meta_process_username: userInfo().username,
        __meta_process_cgroup_path: expect.stringMatching(/^\d+:/) as string,
      });
  });

  it("follows processes that come and go", async () => {
    await using running = await RunningComponent.start(discoveryProcess, 'refresh_interval = "100ms"');
    await expect.poll(() => byPid(running, child.pid)).toBeDefined();
    child.kill("SIGKILL");
    await expect.poll(() => byPid(running, child.pid)).toBeUndefined();
  });

  it("joins the last processes with changed targets at once", async () => {
    await using running = await RunningComponent.start(discoveryProcess, "");
    await expect.poll(() => byPid(running, child.pid)).toBeDefined();
    const before = running.published.length;
    await running.update('join = [{"__container_id__" = "abc", "x" = "y"}]');
    expect(running.published.length).toBe(before + 1);
    expect(foundTargets(running).at(-1)).toEqual({ __container_id__: "abc", x: "y" });
    expect(byPid(running, child.pid)).toBeDefined();
    await running.update("");
    expect(foundTargets(running).at(-1)).not.toHaveProperty("x");
  });

  it.skipIf(!engineRuns("dockerd"))("knows the container of a process (needs dockerd and root)", { timeout: 60_000 }, async () => {
    await using engine = await ContainerEngine.start("dockerd");
    const id = await engine.run("contained", { HostConfig: { NetworkMode: "none" } });
    await using running = await RunningComponent.start(
      discoveryProcess,
      `join = [{"__meta_docker_container_id" = "${id}", "service_name" = "joined"}]`,
    );
    await expect
      .poll(() => foundTargets(running).find((labels) => labels["__container_id__"] === id))
      .toMatchObject({
        __meta_process_commandline: "/usr/bin/sleep 300",
        service_name: "joined",
      });
  });

  it("refuses an interval of 0", async () => {
    await expect(RunningComponent.start(discoveryProcess, 'refresh_interval = "0s"')).rejects.toThrow(
      "refresh_interval must be greater than 0",
    );
  });
});

describe("ProcessDiscoverer", () => {
  const questions = { exe: true, cwd: false, commandline: true, container_id: false, username: false, uid: false, cgroup_path: false };
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "proc-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const start = () => RunningDiscoverer.start((context) => new ProcessDiscoverer(context, { questions, join: [], intervalMs: 50, root }));
  const add = (pid: number): void => {
    mkdirSync(join(root, String(pid)));
    symlinkSync("/bin/app", join(root, String(pid), "exe"));
    writeFileSync(join(root, String(pid), "cmdline"), "");
  };

  it("leaves out threads of the kernel, names what it may not read once, and sorts by number", async () => {
    for (const pid of [100, 9, 20]) add(pid);
    mkdirSync(join(root, "2"));
    mkdirSync(join(root, "self"));
    for (let pid = 200; pid < 230; pid += 1) {
      add(pid);
      rmSync(join(root, String(pid), "cmdline"));
      mkdirSync(join(root, String(pid), "cmdline"));
    }
    await using running = start();
    await expect.poll(() => running.refreshes).toBeGreaterThan(2);
    expect(running.targets.map((labels) => labels["__process_pid__"])).toEqual(["9", "20", "100"]);
    const lines = running.log.lines.map(({ message, fields }) => [message, fields["pid"] ?? fields["count"]]);
    expect(lines).toEqual([
      ...Array.from({ length: 10 }, (_, index) => ["failed to get process info", String(200 + index)]),
      ["failed to get info of further processes", 20],
    ]);
  });

  it("ends when processes cannot be listed", async () => {
    rmSync(root, { recursive: true });
    const running = start();
    await expect(running[Symbol.asyncDispose]()).rejects.toThrow(`failed to list pids: open ${root}: no such file or directory`);
  });
});
