import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RecordingLog } from "../../component/testing/recording-log.ts";
import { MetricsRegistry } from "../../metrics/registry.ts";
import { EndpointBooks } from "./endpoint-books.ts";
import { WriteMetrics } from "./write-metrics.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "books-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const settings = { enabled: true, maxBytes: 2 ** 20, maxAgeMs: 60_000 };

describe("EndpointBooks", () => {
  it("opens a queue only after all that had it before have closed it", async () => {
    const metrics = new WriteMetrics(new MetricsRegistry().scope());
    const books = new EndpointBooks({ folder, metrics, hop: () => ({ note: () => undefined }), log: new RecordingLog() });
    const queue = await books.acquire("a", "http://a", settings).queue?.open();
    const payload = [Buffer.alloc(1000)];
    const records = Array.from({ length: 20 }, () => queue?.append({ tenant: "", createdAt: Date.now(), units: 1, payload }));
    const first = books.release("a");
    books.acquire("a", "http://a", settings);
    await books.release("a");
    await expect(books.acquire("a", "http://a", settings).queue?.open()).resolves.toBeDefined();
    await Promise.all([...records, first, books.release("a")]);
  });
});
