import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RecordingLog } from "../../component/testing/recording-log.ts";
import { MetricsRegistry } from "../../metrics/registry.ts";
import { EndpointLedger } from "./endpoint-ledger.ts";
import { EndpointQueue } from "./endpoint-queue.ts";
import { WriteMetrics } from "./write-metrics.ts";

let folder = "";
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "queue-")), "queue");
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe("EndpointQueue", () => {
  it("is well again as soon as it is open, whether anything comes in or not", async () => {
    const metrics = new WriteMetrics(new MetricsRegistry().scope());
    const ledger = new EndpointLedger({ metrics: metrics.of("a"), accounts: metrics.accountsOf("a"), hop: { note: () => undefined } });
    const settings = { enabled: false, maxBytes: 2 ** 20, maxAgeMs: 60_000 };
    const queue = new EndpointQueue({
      folder,
      shownUrl: "http://sink",
      settings,
      ledger,
      carried: 0,
      log: new RecordingLog(),
      after: Promise.resolve(),
    });
    writeFileSync(folder, "in the way");
    await expect(queue.open()).rejects.toThrow("folder");
    expect(queue.problem).toBeDefined();
    rmSync(folder);
    await expect(queue.open()).rejects.toThrow("folder");
    const now = performance.now();
    vi.spyOn(performance, "now").mockImplementation(() => now + 10_001);
    await queue.open();
    expect(queue.problem).toBeUndefined();
    await queue.close();
  });
});
