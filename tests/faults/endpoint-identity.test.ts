/** The endpoint's certificate ends, or its name comes to mean another machine, while profiles are pushed. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { TestCertificates } from "../../packages/agent/src/http/testing/certificates.ts";
import { Collector, flameline, freePort } from "../support/flameline.ts";
import { receiveAndWrite } from "../support/pipelines.ts";
import { findPart } from "../support/real-parts.ts";
import { accountsOf } from "./accounts.ts";
import { FaultRun } from "./fault-run.ts";
import { FaultySink } from "./faulty-sink.ts";
import { scaled, timeoutFor } from "./scale.ts";
import { Senders } from "./senders.ts";

const nssWrapper = findPart("libnss-wrapper");

describe.skipIf(!TestCertificates.available)("an endpoint whose certificate ends (needs openssl)", () => {
  it("is served again when it has a new one: everything arrives", { timeout: timeoutFor(20_000, 60_000) }, async () => {
    using certificates = new TestCertificates();
    const end = Date.now() + 6000;
    await using sink = await FaultySink.start(certificates.signed("ending", undefined, new Date(end)));
    await using run = await FaultRun.start({ sink, endpoint: `tls_config {\n ca_file = "${certificates.authority.certFile}"\n}` });
    await expect.poll(() => sink.taken.size, { timeout: 4000 }).toBeGreaterThan(10);
    await sleep(Math.max(0, end + 1000 - Date.now()));
    sink.dropConnections();
    await expect.poll(() => run.collector.log(), { timeout: 10_000 }).toContain("certificate has expired");
    const before = sink.taken.size;
    await sleep(scaled(2000, 30_000));
    expect(sink.taken.size).toBe(before);
    sink.renew(certificates.signed("renewed"));
    await run.settle("endpoint's certificate ends and is replaced");
  });
});

describe.skipIf(nssWrapper === undefined)("an endpoint whose name gets another address (needs libnss-wrapper)", () => {
  it("is found where it is now: everything arrives", { timeout: timeoutFor(10_000, 60_000) }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "hosts-"));
    try {
      const hosts = join(folder, "hosts");
      writeFileSync(hosts, "127.0.0.1 pyroscope.example\n");
      await using sink = await FaultySink.start();
      const env = { LD_PRELOAD: nssWrapper ?? "", NSS_WRAPPER_HOSTS: hosts };
      await using run = await FaultRun.start({ sink, url: `http://pyroscope.example:${sink.port}`, run: { env } });
      await expect.poll(() => sink.taken.size, { timeout: 4000 }).toBeGreaterThan(10);
      await sink.down();
      await sleep(scaled(1500, 30_000));
      writeFileSync(hosts, "127.0.0.2 pyroscope.example\n");
      await sink.up("127.0.0.2");
      await run.settle("endpoint's name gets another address");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("an endpoint that is replaced by one with another URL", () => {
  it("gets what had waited for the former one, once it is handed over", { timeout: timeoutFor(20_000, 20_000) }, async () => {
    await using gone = await FaultySink.start();
    await gone.down();
    await using sink = await FaultySink.start();
    const port = await freePort();
    await using collector = await Collector.start({ config: receiveAndWrite(port, gone.url) });
    await using senders = new Senders({ port, rate: 20 });
    await expect.poll(() => senders.acknowledged.length, { timeout: 5000 }).toBeGreaterThan(20);
    await senders.stop();
    const waiting = senders.acknowledged.map(({ id }) => id).sort();
    collector.rewrite(receiveAndWrite(port, sink.url));
    collector.signal("SIGTERM");
    await collector.restart();
    const lines = await vi.waitFor(() => {
      const [, folder = "", others = ""] = /flameline queue move.*? folder=(\S+) endpoint=\S+ configured=(\S+)/.exec(collector.log()) ?? [];
      expect(folder).not.toBe("");
      return [folder, others] as const;
    });
    expect((await flameline(["queue", "move", ...lines])).stderr).toMatch(/in use by/);
    collector.signal("SIGTERM");
    await collector.ended;
    const moved = await flameline(["queue", "move", ...lines]);
    expect(moved.stdout).toContain(`moved ${waiting.length} records with ${waiting.length} profiles to ${lines[1]}\n`);
    await collector.restart();
    await expect.poll(() => [...sink.taken.keys()].sort(), { timeout: 10_000 }).toEqual(waiting);
    const accounts = await accountsOf(collector, sink.url);
    expect(accounts).toMatchObject({ accepted: waiting.length, delivered: waiting.length, queued: 0 });
    expect(sink.damaged).toEqual([]);
    const journey = (await (await collector.fetch("/api/v0/web/journey?service=shop")).json()) as { trails: { steps: unknown[] }[] };
    const steps = journey.trails.flatMap((trail) => trail.steps);
    expect(steps).toContainEqual(expect.objectContaining({ part: sink.url, step: "queued", reason: "since an earlier run" }));
  });
});
