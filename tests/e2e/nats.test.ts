import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Collector, freePort } from "../support/flameline.ts";
import { pprofRaw } from "../support/go.ts";
import { findPart } from "../support/real-parts.ts";
import { Sink } from "../support/sink.ts";

const nats = findPart("nats-server");

describe.skipIf(nats === undefined || findPart("go") === undefined)("pyroscope.scrape of nats-server (needs nats-server and go)", () => {
  it("delivers the profiles of a program that it knows nothing about", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "nats-"));
    const [clients, profiles] = [await freePort(), await freePort()];
    const server = spawn(nats ?? "", ["-a", "127.0.0.1", "-p", String(clients), "--profile", String(profiles), "-sd", folder], {
      stdio: "ignore",
    });
    try {
      await using sink = await Sink.listen();
      await using collector = await Collector.start({
        config: `
          pyroscope.scrape "nats" {
            targets                  = [{"__address__" = "127.0.0.1:${profiles}", "service_name" = "nats"}]
            forward_to               = [pyroscope.write.sink.receiver]
            scrape_interval          = "3s"
            delta_profiling_duration = "2s"
          }
          pyroscope.write "sink" {
            endpoint {
              url = "${sink.url}"
            }
          }`,
      });
      const names = (): readonly string[] => sink.pushed().map(({ labels }) => labels.get("__name__"));
      await collector.until("/-/ready", () => ["process_cpu", "goroutine"].every((name) => names().includes(name)), 30_000);
      for (const { samples } of sink.pushed()) {
        for (const { raw } of samples) expect(await pprofRaw(raw)).toContain("Samples:");
      }
    } finally {
      server.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
