import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { pprofRaw } from "../../../../../tests/support/go.ts";
import { findPart } from "../../../../../tests/support/real-parts.ts";
import { RecordingReceiver } from "../../component/testing/recording-receiver.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { goPprofRaw, rawSums } from "../../../../profile/src/testing/go-pprof.ts";
import { pyroscopeScrape } from "./component.ts";
import { answerPprof, TargetServer } from "./testing/target-server.ts";

const source = join(import.meta.dirname, "../../../../../tests/e2e/go-program/main.go");

/** A Go program with the standard endpoints, built and started. */
async function startProgram(folder: string) {
  const binary = join(folder, "target");
  await promisify(execFile)("go", ["build", "-o", binary, source]);
  const child = spawn(binary, { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(createInterface(child.stdout), "line")) as [string];
  return {
    port,
    async [Symbol.asyncDispose](): Promise<void> {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

describe.skipIf(findPart("go") === undefined)("pyroscope.scrape and Go's net/http/pprof (needs go)", () => {
  it("forwards profiles of all default types that Go's own tool reads", { timeout: 60_000 }, async () => {
    await using program = await startProgram(mkdtempSync(join(tmpdir(), "scrape-go-")));
    const receiver = new RecordingReceiver();
    await using running = await RunningComponent.start(
      pyroscopeScrape,
      `targets = [{ "__address__" = "127.0.0.1:${program.port}" }]
      forward_to = [sink]
      scrape_interval = "2s"`,
      { receivers: { sink: receiver } },
    );
    const newest = () => new Map(receiver.profiles.map(({ labels, body }) => [labels.get("__name__"), body.data]));
    await vi.waitFor(() => expect([...newest().keys()].sort()).toEqual(["block", "goroutine", "memory", "mutex", "process_cpu"]), {
      timeout: 20_000,
      interval: 100,
    });
    for (const [name, frame] of [
      ["process_cpu", "main.burnCPU"],
      ["memory", "main.allocate"],
      ["mutex", "main.contend"],
    ] as const) {
      expect(await pprofRaw(newest().get(name) ?? new Uint8Array())).toContain(frame);
    }
    for (const data of newest().values()) expect(await pprofRaw(data)).toContain("Samples:");
    expect(running.log.lines).toEqual([]);
  });

  it("forwards in sum what go tool pprof -diff_base says about the first and the last answer", { timeout: 60_000 }, async () => {
    await using program = await startProgram(mkdtempSync(join(tmpdir(), "scrape-go-")));
    const answers = new Map<string, Uint8Array[]>();
    await using between = await TargetServer.listen(({ url }, response) => {
      void fetch(`http://127.0.0.1:${program.port}${url}`).then(async (answer) => {
        const bytes = new Uint8Array(await answer.arrayBuffer());
        answers.set(url, [...(answers.get(url) ?? []), bytes]);
        answerPprof(response, bytes);
      });
    });
    const receiver = new RecordingReceiver();
    const types = { memory: "allocs", mutex: "mutex", block: "block" };
    const off = ["goroutine", "process_cpu"].map((name) => `profile.${name} {\nenabled = false\n}`).join("\n");
    const running = await RunningComponent.start(
      pyroscopeScrape,
      `targets = [{ "__address__" = "${between.address}" }]
      forward_to = [sink]
      scrape_interval = "300ms"
      profiling_config {\n${off}\n}`,
      { receivers: { sink: receiver } },
    );
    await vi.waitFor(() => expect(receiver.profiles.length).toBeGreaterThan(40), { timeout: 30_000, interval: 100 });
    await running[Symbol.asyncDispose]();
    for (const [type, path] of Object.entries(types)) {
      const deltas = receiver.profiles.filter(({ labels }) => labels.get("__name__") === type).map(({ body }) => body.data);
      const [first, ...others] = answers.get(`/debug/pprof/${path}`) ?? [];
      // One that was on its way at the end has not been subtracted.
      const last = others[deltas.length - 1];
      if (first === undefined || last === undefined) throw new Error(`there are too few ${type} profiles`);
      const ours = rawSums(goPprofRaw(deltas), [0, 1]);
      expect(ours.size, type).toBeGreaterThan(2);
      expect(ours, type).toEqual(rawSums(goPprofRaw(last, first), [0, 1]));
    }
  });
});
