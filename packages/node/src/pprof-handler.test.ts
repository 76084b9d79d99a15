import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPart } from "../../../tests/support/real-parts.ts";
import { pprofRaw } from "../../../tests/support/go.ts";
import { HeapSampler } from "./heap-sampler.ts";
import { createPprofHandler } from "./pprof-handler.ts";

const heapSampler = new HeapSampler({ intervalBytes: 32 * 1024, leaseMs: 60_000 });
const handler = createPprofHandler({ heapSampler, maxRecordings: 2 });
const server = createServer((request, response) => void handler(request, response));
let base = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/debug/pprof`;
});

afterAll(async () => {
  await heapSampler.stop();
  server.close();
});

async function profile(path: string): Promise<Uint8Array> {
  const response = await fetch(`${base}/${path}`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/octet-stream");
  return new Uint8Array(await response.arrayBuffer());
}

/** Sum of one value column of `go tool pprof -raw` over the samples whose stack holds the function. */
async function sumOf(raw: Uint8Array, name: string, column: number): Promise<number> {
  const text = await pprofRaw(raw);
  const [samples = "", locations = ""] = text.slice(text.indexOf("Samples:")).split("\nLocations\n");
  const ids = new Set([...locations.matchAll(/^ +(\d+): .*$/gm)].flatMap(([line, id]) => (line.includes(` ${name} `) ? [id] : [])));
  let sum = 0;
  for (const [, values = "", stack = ""] of samples.matchAll(/^ +([\d ]+): ([\d ]+)$/gm)) {
    if (
      stack
        .trim()
        .split(/\s+/)
        .some((id) => ids.has(id))
    )
      sum += Number(values.trim().split(/\s+/)[column]);
  }
  return sum;
}

function hotFunction(milliseconds: number): number {
  let sum = 0;
  for (const stop = performance.now() + milliseconds; performance.now() < stop;) for (let i = 0; i < 10_000; i += 1) sum += Math.sqrt(i);
  return sum;
}

/** A copy of it is one allocation of 128 KiB: 16,384 elements of 8 bytes. */
const pattern = Array.from({ length: 16_384 }, (_, index) => index);

function retainKnown(megabytes: number): unknown[][] {
  const kept: unknown[][] = [];
  for (let i = 0; i < megabytes * 8; i += 1) kept.push(pattern.slice());
  return kept;
}

function churnKnown(megabytes: number): number {
  let sum = 0;
  for (let i = 0; i < megabytes * 8; i += 1) sum += pattern.slice().length;
  return sum;
}

const needsGo = findPart("go") === undefined;

describe("createPprofHandler()", () => {
  it.skipIf(needsGo)("/profile tells where the CPU time goes (needs go)", { timeout: 30_000 }, async () => {
    const recording = profile("profile?seconds=2");
    const before = process.threadCpuUsage();
    const stop = Date.now() + 1800;
    while (Date.now() < stop) {
      hotFunction(150);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const used = process.threadCpuUsage(before);
    const nanoseconds = await sumOf(await recording, "hotFunction", 1);
    expect(nanoseconds).toBeGreaterThan((used.user + used.system) * 1000 * 0.7);
    expect(nanoseconds).toBeLessThan(2.2e9);
  });

  it.skipIf(needsGo)("/heap is within 20 % of a known retained allocation, and /allocs has to wait meanwhile (needs go)", async () => {
    await heapSampler.start("inuse");
    const kept = retainKnown(40);
    const bytes = await sumOf(await profile("heap"), "retainKnown", 0);
    expect(kept).toHaveLength(320);
    expect(bytes / (40 << 20)).toBeGreaterThan(0.8);
    expect(bytes / (40 << 20)).toBeLessThan(1.2);

    const refused = await fetch(`${base}/allocs`);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refused.text()).toContain("one heap sampler");
    await heapSampler.stop();
  });

  it.skipIf(needsGo)("/allocs is within 20 % of a known churn and keeps counting from request to request (needs go)", async () => {
    await heapSampler.start("allocs");
    churnKnown(100);
    const first = await sumOf(await profile("allocs"), "churnKnown", 0);
    churnKnown(100);
    const second = await sumOf(await profile("allocs"), "churnKnown", 0);
    for (const [bytes, megabytes] of [
      [first, 100],
      [second, 200],
    ] as const) {
      expect(bytes / (megabytes << 20)).toBeGreaterThan(0.8);
      expect(bytes / (megabytes << 20)).toBeLessThan(1.2);
    }
    expect((await fetch(`${base}/heap`)).status).toBe(503);
    await heapSampler.stop();
  });

  it.each(["goroutine", "block", "mutex", "threadcreate", "nonsense"])("/%s answers 404 with the reason", async (name) => {
    const response = await fetch(`${base}/${name}`);
    expect(response.status).toBe(404);
    expect((await response.text()).length).toBeGreaterThan(10);
  });

  it.each(["0", "-1", "301", "x"])("refuses seconds=%s", async (seconds) => {
    expect((await fetch(`${base}/profile?seconds=${seconds}`)).status).toBe(400);
  });

  it("refuses more recordings than it allows, and ends one whose client has gone", async () => {
    const gone = new AbortController();
    const recordings = [1, 2].map(() => fetch(`${base}/profile?seconds=60`, { signal: gone.signal }).catch(() => undefined));
    await expect.poll(async () => (await fetch(`${base}/profile?seconds=0.01`)).status).toBe(503);
    gone.abort();
    await Promise.all(recordings);
    await expect.poll(async () => (await fetch(`${base}/profile?seconds=0.01`)).status).toBe(200);
  });
});
