import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Collector, freePort } from "../support/flameline.ts";
import { receiveAndWrite } from "../support/pipelines.ts";
import { pprofRaw } from "../support/go.ts";
import { findPart, partsFolder } from "../support/real-parts.ts";
import { Sink } from "../support/sink.ts";

const program = `
  const Pyroscope = require("@pyroscope/nodejs");
  Pyroscope.init({ serverAddress: process.env.SERVER, appName: "node.app", tags: { region: "eu" }, flushIntervalMs: 1000,
    wall: { samplingDurationMs: 1000 }, heap: { samplingIntervalBytes: 65536 } });
  Pyroscope.start();
  const kept = [];
  setInterval(function hotLoop() { for (let i = 0, s = 0; i < 3e6; i++) s += Math.sqrt(i); kept.push(new Array(1000).fill(0)); }, 5);
`;

describe.skipIf(findPart("@pyroscope/nodejs") === undefined)(
  "pyroscope.receive_http with the Node.js SDK (needs @pyroscope/nodejs)",
  () => {
    it("passes on what the SDK pushes, byte for byte readable", { timeout: 60_000 }, async () => {
      await using sink = await Sink.listen();
      const port = await freePort();
      await using collector = await Collector.start({ config: receiveAndWrite(port, sink.url, 'external_labels = { cluster = "test" }') });
      const child = spawn(process.execPath, ["-e", program], {
        cwd: partsFolder,
        env: { ...process.env, SERVER: `http://127.0.0.1:${port}` },
        stdio: "ignore",
      });
      try {
        await collector.until("/-/ready", () => sink.requests.length >= 2, 30_000);
      } finally {
        child.kill("SIGKILL");
      }
      for (const { url, body } of sink.requests) {
        expect(url.pathname).toBe("/ingest");
        expect(url.searchParams.get("spyName")).toBe("nodespy");
        expect(url.searchParams.get("name")).toMatch(/^node\.app\{.*cluster=test.*region=eu.*\}$/);
        if (findPart("go") !== undefined) expect(await pprofRaw(body)).toContain("Samples:");
      }
    });
  },
);
