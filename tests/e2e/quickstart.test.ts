import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Collector } from "../support/flameline.ts";
import { pprofRaw } from "../support/go.ts";
import { findPart } from "../support/real-parts.ts";
import { Sink } from "../support/sink.ts";

const quickstart = join(import.meta.dirname, "../../examples/quickstart/config.alloy");

describe.skipIf(findPart("go") === undefined)("examples/quickstart (needs go)", () => {
  // The example scrapes itself at the default port, so this collector has to have that port.
  it("scrapes itself and delivers CPU and allocations of this very program", { timeout: 90_000 }, async () => {
    await using sink = await Sink.listen();
    await using collector = await Collector.start({ path: quickstart, env: { PYROSCOPE_URL: sink.url }, port: 12_345 });
    const seen = new Map<string, Uint8Array>();
    await collector.until(
      "/-/ready",
      () => {
        for (const { labels, samples } of sink.pushed()) {
          if (labels.get("service_name") === "flameline" && labels.has("host"))
            seen.set(labels.get("__name__"), samples[0]?.raw ?? new Uint8Array());
        }
        return seen.has("process_cpu") && seen.has("memory");
      },
      75_000,
    );
    expect(await pprofRaw(seen.get("process_cpu") ?? new Uint8Array())).toMatch(/cpu\/nanoseconds/);
    expect(await pprofRaw(seen.get("memory") ?? new Uint8Array())).toMatch(/alloc_space\/bytes/);
    expect(collector.log()).not.toContain("level=error");
  });

  it("tells at the start where profiles go, and gives a sender the error while nothing listens there", { timeout: 60_000 }, async () => {
    await using collector = await Collector.start({ path: quickstart, env: { PYROSCOPE_URL: "http://127.0.0.1:1" } });
    expect(collector.log()).toContain("http://127.0.0.1:1");
  });
});
