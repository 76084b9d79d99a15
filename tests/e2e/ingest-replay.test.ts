import { globSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixturesExist, fixturesFolder } from "../support/fixtures.ts";
import { Collector, freePort } from "../support/flameline.ts";
import { receiveAndWrite } from "../support/pipelines.ts";
import { Sink } from "../support/sink.ts";

interface Recorded {
  readonly method: string;
  readonly url: string;
  /** name, value, name, value … */
  readonly headers: readonly string[];
}

/** Headers of the connection, which the replaying client makes itself; recorded lengths may be off by some bytes. */
const ofConnection = new Set(["host", "connection", "content-length", "transfer-encoding"]);

function replay(port: number, { method, url, headers }: Recorded, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", method, path: url });
    for (let at = 0; at < headers.length; at += 2) {
      const [name = "", value = ""] = [headers[at], headers[at + 1]];
      if (!ofConnection.has(name.toLowerCase())) sent.setHeader(name, value);
    }
    sent.on("response", (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

describe.skipIf(!fixturesExist)("pyroscope.receive_http with recorded requests of SDKs (needs the fixtures)", () => {
  it("passes every one on with the same body, content type and parameters", { timeout: 60_000 }, async () => {
    await using sink = await Sink.listen();
    const port = await freePort();
    await using collector = await Collector.start({ config: receiveAndWrite(port, sink.url), queue: false });
    const files = globSync("ingest/{,go-sdk/}*.json", { cwd: fixturesFolder }).toSorted();
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      const recorded = JSON.parse(readFileSync(join(fixturesFolder, file), "utf8")) as Recorded;
      const body = readFileSync(join(fixturesFolder, file.replace(/json$/, "body")));
      expect(await replay(port, recorded, body)).toBe(200);
      const delivered = sink.requests.at(-1);
      expect(delivered?.body.equals(body)).toBe(true);
      const contentType = recorded.headers[recorded.headers.findIndex((name) => name.toLowerCase() === "content-type") + 1];
      expect(delivered?.headers["content-type"]).toBe(contentType);
      for (const [name, value] of new URL(recorded.url, "http://recorded").searchParams) {
        if (name !== "name") expect(delivered?.url.searchParams.get(name)).toBe(value);
      }
    }
    expect(await collector.text("/metrics")).toContain(`pyroscope_write_sent_profiles_total{`);
  });
});
