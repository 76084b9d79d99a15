/** Targets that answer anything but a profile: each is refused by its own name, memory stays bounded, and a good target keeps its rhythm. */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeProfile } from "@flameline/profile";
import { Collector } from "../support/flameline.ts";
import { Sink } from "../support/sink.ts";

const frames = Array.from({ length: 2000 }, (_, line) => ({ function: `main.f${line * 7919}`, file: "main.go", functionLine: 1, line }));
const pprof = gzipSync(
  encodeProfile({
    sampleTypes: [{ type: "alloc_space", unit: "bytes" }],
    timeMs: Date.now(),
    durationMs: 1,
    samples: frames.map((frame) => ({ stack: [frame], values: [frame.line + 1] })),
  }),
);
const gibibyte = 1024 ** 3;
const chunk = Buffer.alloc(1 << 20, 0x0a);

/** How much of the body without bounds each request took. */
const taken: number[] = [];

function flood(response: ServerResponse): void {
  const place = taken.push(0) - 1;
  const write = (): void => {
    while ((taken[place] ?? 0) < 2 * gibibyte && !response.destroyed) {
      taken[place] = (taken[place] ?? 0) + chunk.length;
      if (!response.write(chunk)) return;
    }
    response.end();
  };
  response.on("drain", write);
  write();
}

const answers: Readonly<Record<string, (response: ServerResponse, count: number) => unknown>> = {
  html: (response) => response.setHeader("content-type", "text/html").end("<html><body>Not here</body></html>"),
  error_text: (response) => response.end("profiling is disabled\n"),
  half: (response) => response.end(pprof.subarray(0, pprof.length / 2)),
  memory: (response) => response.end(pprof.subarray(0, pprof.length / 2)),
  announced: (response) => response.writeHead(200, { "content-length": 2 * gibibyte }).write(chunk),
  flood,
  endless: (response) => {
    response.write(pprof.subarray(0, 100));
    const timer = setInterval(() => response.write("x"), 50);
    response.on("close", () => clearInterval(timer));
  },
  circle: (response, count) => response.writeHead(302, { location: `/circle?again=${count}` }).end(),
  reset: (response) => response.socket?.resetAndDestroy(),
  changing: (response, count) => {
    const types = ["application/octet-stream", "application/x-gzip", "text/html; charset=utf-8"];
    response.setHeader("content-type", types[count % 3] ?? "").end(count % 3 === 2 ? "<html></html>" : pprof);
  },
  good: (response) => response.end(pprof),
};

const counts = new Map<string, number>();
const goodTimes: number[] = [];
const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  const name = new URL(request.url ?? "", "http://x").pathname.slice(1);
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  if (name === "good") goodTimes.push(performance.now());
  response.setHeader("content-type", "application/octet-stream");
  answers[name]?.(response, count);
});

const config = (address: string, sink: string): string => `
pyroscope.scrape "hostile" {
  targets         = [{"__address__" = "${address}", "service_name" = "app"}]
  forward_to      = [pyroscope.write.out.receiver]
  scrape_interval = "500ms"
  scrape_timeout  = "900ms"
  profiling_config {
${["memory", "block", "goroutine", "mutex", "process_cpu"].map((name) => `    profile.${name} {\n      enabled = false\n    }`).join("\n")}
${Object.keys(answers)
  .map((name) => `    profile.custom "${name}" {\n      enabled = true\n      path    = "/${name}"\n    }`)
  .join("\n")}
  }
}
pyroscope.write "out" {
  endpoint {
    url = "${sink}"
  }
}`;

interface Shown {
  readonly name: string;
  readonly value?: { readonly value: string };
  readonly body?: readonly Shown[];
}

/** What the page of the component says by path. */
async function lastErrors(collector: Collector): Promise<ReadonlyMap<string, string | undefined>> {
  const page = JSON.parse(await collector.text("/api/v0/web/components/pyroscope.scrape.hostile")) as {
    readonly debugInfo: readonly Shown[];
  };
  return new Map(
    page.debugInfo.map(({ body = [] }) => {
      const value = (name: string): string | undefined => body.find((one) => one.name === name)?.value?.value;
      return [new URL(value("url") ?? "").pathname.slice(1), value("last_error")];
    }),
  );
}

describe("pyroscope.scrape of hostile targets", () => {
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it("names what is wrong with each, holds no more than its limits, and scrapes the good one on time", { timeout: 60_000 }, async () => {
    await using sink = await Sink.listen();
    const { port } = server.address() as AddressInfo;
    await using collector = await Collector.start({ config: config(`127.0.0.1:${port}`, sink.url) });
    await expect.poll(() => Math.min(goodTimes.length, counts.get("changing") ?? 0), { timeout: 30_000 }).toBeGreaterThan(14);
    const [, kib = "0"] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${collector.pid}/status`, "utf8")) ?? [];

    const errors = await lastErrors(collector);
    for (const [name, text] of Object.entries({
      html: "unexpected Content-Type text/html",
      error_text: 'text response instead of pprof: "profiling is disabled',
      half: "invalid profile data: unexpected EOF",
      memory: "invalid profile data: unexpected EOF",
      announced: "failed to read body: larger than 67108864 bytes",
      flood: "failed to read body: larger than 67108864 bytes",
      endless: "failed to read body: context deadline exceeded",
      circle: "stopped after 10 redirects",
      reset: "connection reset by peer",
    })) {
      expect(errors.get(name), name).toContain(text);
    }
    expect(errors.get("good")).toBeUndefined();
    const names = new Set(sink.pushed().map(({ labels }) => labels.get("__name__")));
    expect([...names].sort()).toEqual(["changing", "good"]);
    // The largest answer, in pieces and in one piece, beside what the program needs anyway.
    expect(Number(kib) / 1024).toBeLessThan(400);
    expect(Math.max(...taken)).toBeLessThan(gibibyte / 4);
    const gaps = goodTimes.slice(1).map((time, index) => time - (goodTimes[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(1500);
    expect(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length).toBeCloseTo(500, -2);
  });
});
