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
import { pyroscopeScrape } from "./component.ts";

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
});
