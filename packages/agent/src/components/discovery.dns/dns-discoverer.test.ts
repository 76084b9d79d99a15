import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DnsServer, listenUdp } from "../../../../../tests/support/dns-server.ts";
import { discoverWithPrometheus } from "../../../../../tests/support/prometheus.ts";
import { findPart } from "../../../../../tests/support/real-parts.ts";
import { loggedErrors } from "../../discovery/testing/found-targets.ts";
import { RunningDiscoverer } from "../../discovery/testing/running-discoverer.ts";
import { type DnsDiscovery, discoverByDns } from "./dns-discoverer.ts";
import { lookup } from "./lookup.ts";

const many = 4000;

const records = [
  "host-record=web.test,10.0.0.2",
  "host-record=web.test,10.0.0.1,fd00::1",
  "cname=alias.test,web.test",
  "srv-host=_pprof._tcp.web.test,one.test,6060,1",
  "srv-host=_pprof._tcp.web.test,two.test,6061,2",
  "mx-host=mail.test,mx1.test,10",
  // NS records: the name in wire format.
  "dns-rr=zone.test,2,036e7331047465737400",
  ...Array.from({ length: many }, (_, index) => `host-record=many.test,10.1.${index >> 8}.${index & 255}`),
];

function discover(servers: readonly string[], options: Partial<DnsDiscovery>): RunningDiscoverer {
  return RunningDiscoverer.start((context) =>
    discoverByDns(context, {
      names: [],
      type: "A",
      port: 80,
      refreshInterval: 60_000,
      resolverConfig: async () => ({ servers, search: [], ndots: 1 }),
      ...options,
    }),
  );
}

describe.skipIf(findPart("dnsmasq") === undefined)("discovery.dns against a server (needs dnsmasq)", () => {
  let server: DnsServer;
  beforeAll(async () => {
    server = await DnsServer.start(records);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.each([
    [
      "SRV",
      "_pprof._tcp.web.test",
      [
        { __address__: "one.test:6060", __meta_dns_srv_record_target: "one.test.", __meta_dns_srv_record_port: "6060" },
        { __address__: "two.test:6061", __meta_dns_srv_record_target: "two.test.", __meta_dns_srv_record_port: "6061" },
      ],
    ],
    ["A", "web.test", [{ __address__: "10.0.0.1:80" }, { __address__: "10.0.0.2:80" }]],
    ["A", "alias.test", [{ __address__: "10.0.0.1:80" }, { __address__: "10.0.0.2:80" }]],
    ["AAAA", "web.test.", [{ __address__: "[fd00::1]:80" }]],
    ["MX", "mail.test", [{ __address__: "mx1.test:80", __meta_dns_mx_record_target: "mx1.test." }]],
    ["NS", "zone.test", [{ __address__: "ns1.test:80", __meta_dns_ns_record_target: "ns1.test." }]],
  ] as const)("finds the %s records of %s", async (type, name, targets) => {
    await using running = discover([server.address], { names: [name], type });
    await expect.poll(() => running.targets).toEqual(targets.map((labels) => ({ ...labels, __meta_dns_name: name })));
  });

  it("finds nothing where there is no such name, or nothing of the type, and that is no failure", async () => {
    await using running = discover([server.address], { names: ["missing.test", "web.test"], type: "MX" });
    await expect.poll(() => running.metric("prometheus_sd_dns_lookups_total")).toBe(2);
    await expect.poll(() => running.refreshes).toBe(1);
    expect(running.targets).toEqual([]);
    expect(running.metric("prometheus_sd_dns_lookup_failures_total")).toBe(0);
  });

  it("tries the search domains like libc", async () => {
    const config = { servers: [server.address], search: ["nowhere.test", "test"], ndots: 1 };
    const { signal } = new AbortController();
    expect(await lookup("web", "AAAA", config, { signal })).toEqual([{ host: "fd00::1" }]);
  });

  it("takes thousands of records, which come over TCP", async () => {
    await using running = discover([server.address], { names: ["many.test"] });
    await expect.poll(() => running.targets.length, { timeout: 10_000 }).toBe(many);
    expect(running.targets[0]?.["__address__"]).toBe("10.1.0.0:80");
  });

  it("asks the next server when one refuses, and keeps a name's targets while no server answers", async () => {
    let broken = false;
    await using flaky = await listenUdp((query) => (broken ? failed(query, 2) : failed(query, 5)));
    const servers = (): readonly string[] => (broken ? [flaky.address] : [flaky.address, server.address]);
    await using running = discover([], {
      names: ["web.test"],
      refreshInterval: 100,
      resolverConfig: async () => ({ servers: servers(), search: [], ndots: 1 }),
    });
    await expect.poll(() => running.targets.length).toBe(2);
    broken = true;
    await expect.poll(() => running.metric("prometheus_sd_dns_lookup_failures_total")).toBeGreaterThan(0);
    expect(loggedErrors(running)).toContain('Error refreshing DNS targets: could not resolve "web.test": the servers failed to answer');
    expect(running.targets.length).toBe(2);
    broken = false;
    await expect.poll(() => running.healthy).toBe(true);
  });
});

describe.skipIf(findPart("dnsmasq") === undefined || findPart("prometheus") === undefined || process.getuid?.() !== 0)(
  "discovery.dns beside Prometheus (needs dnsmasq, prometheus and root)",
  { timeout: 60_000 },
  () => {
    // Prometheus knows no other port than 53, and nobody else listens at this address.
    const host = "127.0.0.153";

    it.each([
      ["SRV", "_pprof._tcp.web.test", 2],
      ["A", "web.test", 2],
      ["A", "web", 2],
      ["AAAA", "web.test", 1],
      ["MX", "mail.test", 1],
    ] as const)("finds the same %s records of %s", async (type, name, count) => {
      await using server = await DnsServer.start(records.slice(0, 7), { host, port: 53 });
      const folder = mkdtempSync(join(tmpdir(), "resolv-"));
      const file = join(folder, "resolv.conf");
      writeFileSync(file, `nameserver ${host}\nsearch nowhere.test test\n`);
      const config = `dns_sd_configs:\n- names: ["${name}"]\n  type: ${type}\n  port: 80`;
      const expected = await discoverWithPrometheus(config, count, { resolvConf: file });
      await using running = discover([server.address], {
        names: [name],
        type,
        resolverConfig: async () => ({ servers: [server.address], search: ["nowhere.test", "test"], ndots: 1 }),
      });
      await expect.poll(() => running.targets.length).toBe(count);
      expect(running.targets).toEqual(expect.arrayContaining(expected.map(withoutEmpty)));
      rmSync(folder, { recursive: true });
    });
  },
);

/** Prometheus also keeps labels without a value here, which are no labels. */
function withoutEmpty(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ""));
}

describe("lookup", () => {
  const { signal } = new AbortController();
  const ask = (address: string, timeoutMs: number, stop = signal) =>
    lookup("web.test", "A", { servers: [address], search: [], ndots: 1 }, { signal: stop, timeoutMs });

  it("ends in time when no server answers", async () => {
    await using silent = await listenUdp(() => undefined);
    await expect(ask(silent.address, 100)).rejects.toThrow('could not resolve "web.test": the servers did not answer in time');
  });

  it("ends at once when it is broken off", async () => {
    await using silent = await listenUdp(() => undefined);
    const stop = new AbortController();
    const answer = ask(silent.address, 20_000, stop.signal);
    stop.abort();
    await expect(answer).rejects.toThrow("could not resolve");
  });

  it("does not mistake garbage for an answer", async () => {
    await using garbage = await listenUdp((query) => Buffer.concat([query.subarray(0, 2), Buffer.from("nonsense")]));
    await expect(ask(garbage.address, 200)).rejects.toThrow("could not resolve");
  });

  it.each(["", "a..b", "x".repeat(300)])("says that %j cannot be resolved", async (name) => {
    await using silent = await listenUdp(() => undefined);
    const answer = lookup(name, "A", { servers: [silent.address], search: [], ndots: 1 }, { signal, timeoutMs: 100 });
    await expect(answer).rejects.toThrow(/could not resolve/);
  });
});

/** The query as an answer with an error code. */
function failed(query: Buffer, code: number): Buffer {
  const answer = Buffer.from(query);
  answer[2] = 0x81;
  answer[3] = 0x80 | code;
  return answer;
}
