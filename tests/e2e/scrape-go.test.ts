import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Collector } from "../support/flameline.ts";
import { GoProgram, pprofRaw } from "../support/go.ts";
import { findPart } from "../support/real-parts.ts";
import { Sink } from "../support/sink.ts";

describe.skipIf(findPart("go") === undefined)("pyroscope.scrape of a Go program (needs go)", () => {
  it("delivers all default profile types, each a profile that Go's own tool reads", { timeout: 60_000 }, async () => {
    await using target = await GoProgram.start(join(import.meta.dirname, "go-program"));
    await using sink = await Sink.listen();
    await using collector = await Collector.start({
      config: `
        pyroscope.scrape "go" {
          targets                  = [{"__address__" = "127.0.0.1:${target.port}", "service_name" = "go-program", "env" = "test"}]
          forward_to               = [pyroscope.relabel.rename.receiver]
          scrape_interval          = "3s"
          delta_profiling_duration = "2s"
        }
        pyroscope.relabel "rename" {
          forward_to = [pyroscope.write.sink.receiver]
          rule {
            source_labels = ["env"]
            target_label  = "environment"
          }
          rule {
            action = "labeldrop"
            regex  = "env"
          }
        }
        pyroscope.write "sink" {
          endpoint {
            url = "${sink.url}"
          }
        }`,
    });
    const wanted = ["process_cpu", "memory", "mutex", "block", "goroutine"];
    const seen = new Map<string, Uint8Array>();
    await collector.until(
      "/-/ready",
      () => {
        for (const { labels, samples } of sink.pushed()) seen.set(labels.get("__name__"), samples[0]?.raw ?? new Uint8Array());
        return wanted.every((name) => seen.has(name));
      },
      30_000,
    );

    for (const { labels } of sink.pushed()) {
      expect(labels.toRecord()).toMatchObject({ service_name: "go-program", environment: "test", instance: `127.0.0.1:${target.port}` });
      expect(labels.has("env")).toBe(false);
    }
    for (const name of wanted) expect(await pprofRaw(seen.get(name) ?? new Uint8Array())).toContain("Samples:");
    expect(await pprofRaw(seen.get("process_cpu") ?? new Uint8Array())).toContain("main.burnCPU");
    expect(await pprofRaw(seen.get("memory") ?? new Uint8Array())).toContain("main.allocate");
  });
});
