import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Collector, flameline, freePort } from "../support/flameline.ts";
import { receiveAndWrite } from "../support/pipelines.ts";
import { Sink } from "../support/sink.ts";

describe("flameline run with a bad configuration", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "bad-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function refused(content: string | Uint8Array): Promise<string> {
    const file = join(folder, "config.alloy");
    writeFileSync(file, content);
    const { code, stderr } = await flameline(["run", file, `--storage.path=${folder}`, "--server.http.listen-addr=127.0.0.1:0"]);
    expect(code).toBe(1);
    return stderr;
  }

  it("names the encoding of a file that is not UTF-8", async () => {
    expect(await refused(Buffer.from([0xff, 0xfe, 0x61, 0x00]))).toContain("must be utf8");
    expect(await refused(Buffer.from([0x61, 0x3d, 0x22, 0xff, 0x22]))).toContain("unknown encoding");
  });

  it("points at a NUL byte, at a reference to itself and at a cut file", async () => {
    expect(await refused("a = 1\0\n")).toContain("config.alloy:1:6: illegal character NUL");
    expect(await refused('discovery.relabel "a" {\n  targets = discovery.relabel.a.output\n}\n')).toContain("self reference");
    expect(await refused('pyroscope.write "a" {\n  endpoint {')).toContain("expected }, got EOF");
  });

  it("survives a hundred thousand brackets with a diagnostic", async () => {
    const stderr = await refused(`a = ${"[".repeat(100_000)}`);
    expect(stderr).toContain("Error: ");
    expect(stderr).not.toContain("RangeError");
  });

  it("says what is wrong with the path", async () => {
    const empty = join(folder, "empty");
    mkdirSync(empty);
    const missing = await flameline([
      "run",
      join(folder, "nothing.alloy"),
      `--storage.path=${folder}`,
      "--server.http.listen-addr=127.0.0.1:0",
    ]);
    expect(missing).toMatchObject({ code: 1 });
    expect(missing.stderr).toContain("nothing.alloy");
    expect((await flameline(["fmt", empty])).stderr).toContain("cannot format a directory");
  });

  it("ends with an error when its port is in use", async () => {
    const port = await freePort();
    const other = createServer().listen(port, "127.0.0.1");
    try {
      writeFileSync(join(folder, "ok.alloy"), "");
      const { code, stderr } = await flameline([
        "run",
        join(folder, "ok.alloy"),
        `--storage.path=${folder}`,
        `--server.http.listen-addr=127.0.0.1:${port}`,
      ]);
      expect(code).toBe(1);
      expect(stderr).toContain("address already in use");
    } finally {
      other.close();
    }
  });
});

describe("pyroscope.receive_http with hostile requests", () => {
  it("answers 4xx with the reason, forwards nothing, and lives", { timeout: 60_000 }, async () => {
    await using sink = await Sink.listen();
    const port = await freePort();
    await using collector = await Collector.start({ config: receiveAndWrite(port, sink.url), queue: false });
    const push = (body: Uint8Array, headers: Record<string, string>): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}/push.v1.PusherService/Push`, { method: "POST", body: new Uint8Array(body), headers });

    const bomb = gzipSync(Buffer.alloc(1 << 30));
    const bombed = await push(bomb, { "content-type": "application/proto", "content-encoding": "gzip" });
    expect(bombed.status).toBeGreaterThanOrEqual(400);
    expect(bombed.status).toBeLessThan(500);

    const garbage = await push(Buffer.from([0xff, 0xff, 0xff]), { "content-type": "application/proto" });
    expect(garbage.status).toBe(400);

    const label = await fetch(`http://127.0.0.1:${port}/ingest?name=${encodeURIComponent(`app{a=${"x".repeat(1 << 20)}}`)}`, {
      method: "POST",
      body: "x",
    }).then(
      ({ status }) => status,
      () => 431,
    );
    expect(label).toBeGreaterThanOrEqual(400);
    expect(label).toBeLessThan(500);

    const cut = new Socket().connect(port, "127.0.0.1");
    cut.write("POST /ingest?name=app HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nshort");
    await sleep(200);
    cut.destroy();
    await sleep(200);

    expect(sink.requests).toEqual([]);
    expect(collector.log()).not.toContain("uncaught");
    const fine = await fetch(`http://127.0.0.1:${port}/ingest?name=app`, { method: "POST", body: "a;b 1\n" });
    expect(fine.status).toBe(200);
    expect(sink.requests).toHaveLength(1);
  });
});
