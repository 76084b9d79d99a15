import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { connect as connectTls, TLSSocket } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Collector, flameline, freePort } from "../../../../../tests/support/flameline.ts";
import { TestCertificates } from "../../http/testing/certificates.ts";
import { signalPauseMs } from "./signals.ts";

const launcher = join(import.meta.dirname, "../../../bin/flameline.js");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "run-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function configFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function metric(collector: Collector, name: string): Promise<number> {
  const line = (await collector.text("/metrics")).split("\n").find((one) => one.startsWith(name));
  return Number(line?.slice(line.lastIndexOf(" ") + 1));
}

const withoutTimes = (log: string): string[] =>
  log.split("\n").map((line) => line.replace(/^ts=\S+ /, "").replace(/ (duration|addr|advertise_addr|peers|version)=\S+/g, ""));

describe("flameline run", () => {
  it("starts, answers, and stops with 0 on SIGTERM", async () => {
    const collector = await Collector.start({ config: "" });
    const lines = withoutTimes(collector.log());
    for (const line of [
      'level=info msg="flameline is starting"',
      'level=info msg="now listening for http traffic" service=http',
      'level=info msg="{^_^} flameline is running"',
    ]) {
      expect(lines).toContain(line);
    }
    expect(await metric(collector, "alloy_config_last_load_successful")).toBe(1);
    expect(await metric(collector, "alloy_config_load_failures_total")).toBe(0);
    expect(await collector.text("/metrics")).toMatch(/^alloy_config_hash\{cluster_name="",sha256="[0-9a-f]{64}"\} 1$/m);
    collector.signal("SIGTERM");
    expect(await collector.ended).toBe(0);
    expect(withoutTimes(collector.log())).toContain('level=info msg="http server closed" service=http');
    await collector[Symbol.asyncDispose]();
  });

  it("takes a signal that arrives twice at once as one, and dies of a later one", async () => {
    const patient = await Collector.start({ config: "" });
    patient.signal("SIGINT");
    patient.signal("SIGINT");
    expect(await patient.ended).toBe(0);
    await patient[Symbol.asyncDispose]();

    const busy = await Collector.start({ config: "" });
    const profile = busy.fetch("/debug/pprof/profile?seconds=20").catch(() => undefined);
    await busy.text("/debug/pprof/cmdline");
    busy.signal("SIGTERM");
    const answers = (): Promise<boolean> =>
      busy.fetch("/-/ready").then(
        () => true,
        () => false,
      );
    await expect.poll(answers, { timeout: 10_000 }).toBe(false);
    await sleep(signalPauseMs + 100);
    const begin = performance.now();
    busy.signal("SIGTERM");
    expect(await busy.ended).toBeNull();
    expect(performance.now() - begin).toBeLessThan(2000);
    await profile;
    await busy[Symbol.asyncDispose]();
  });

  it("ends although nobody reads its log", async () => {
    const port = await freePort();
    const path = configFile("unread.alloy", "");
    const flags = [`--server.http.listen-addr=127.0.0.1:${port}`, `--storage.path=${folder}`];
    const child = spawn(process.execPath, [launcher, "run", ...flags, path], { stdio: ["ignore", "ignore", "pipe"] });
    const reload = (): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/-/reload`).then(
        ({ ok }) => ok,
        () => false,
      );
    await expect.poll(reload, { timeout: 10_000 }).toBe(true);
    // Until the pipe is full.
    for (let at = 0; at < 300; at += 1) expect(await reload()).toBe(true);
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  });

  it("reloads on SIGHUP and at /-/reload, and keeps running with what it has when that fails", async () => {
    const path = configFile("reload.alloy", "");
    await using collector = await Collector.start({ path });
    writeFileSync(path, 'logging { format = "json" }\n');
    const answer = await collector.fetch("/-/reload", { method: "POST" });
    expect([answer.status, await answer.text()]).toEqual([200, "config reloaded\n"]);
    await expect.poll(() => collector.log()).toContain('"level":"info","msg":"config reloaded","service":"http"}');

    writeFileSync(path, "x {");
    const reason = `reading config path "${path}": ${path}:1:4: expected }, got EOF`;
    const refused = await collector.fetch("/-/reload");
    expect([refused.status, await refused.text()]).toEqual([400, `${reason}\n`]);
    collector.signal("SIGHUP");
    await collector.until("/metrics", async (response) => (await response.text()).includes("alloy_config_load_failures_total 2"));
    await expect.poll(() => collector.log()).toContain(`"level":"error","msg":"failed to reload config","err":${JSON.stringify(reason)}}`);
    expect(await metric(collector, "alloy_config_last_load_successful")).toBe(0);
    expect(await collector.text("/-/ready")).toBe("flameline is ready.\n");

    writeFileSync(path, 'logging { level = "loud" }\n');
    expect(await (await collector.fetch("/-/reload")).text()).toContain('unrecognized log level "loud"');
    expect(await metric(collector, "alloy_config_load_failures_total")).toBe(3);

    rmSync(path);
    expect(await (await collector.fetch("/-/reload")).text()).toBe(
      `reading config path "${path}": stat ${path}: no such file or directory\n`,
    );
    writeFileSync(path, "");
    expect((await collector.fetch("/-/reload")).status).toBe(200);
    expect(await metric(collector, "alloy_config_last_load_successful")).toBe(1);
  });

  it("takes back the move of a receiver when another part of the configuration cannot be had", async () => {
    const [first, second, moved] = [await freePort(), await freePort(), await freePort()];
    const blocker = createServer();
    await once(blocker.listen(0, "127.0.0.1"), "listening");
    const { port: taken } = blocker.address() as AddressInfo;
    const receiver = (label: string, port: number): string =>
      `pyroscope.receive_http "${label}" {\n forward_to = []\n http {\n listen_address = "127.0.0.1"\n listen_port = ${port}\n }\n}\n`;
    const path = configFile("moves.alloy", receiver("a", first) + receiver("b", second));
    await using collector = await Collector.start({ path });
    const answers = (port: number): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/ready`).then(
        () => true,
        () => false,
      );
    writeFileSync(path, receiver("a", moved) + receiver("b", taken));
    const refused = await collector.fetch("/-/reload");
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("address already in use");
    expect(await Promise.all([first, second, moved].map(answers))).toEqual([true, true, false]);
    expect(await collector.text("/-/healthy")).toBe("All flameline components are healthy.\n");
    expect(await metric(collector, "alloy_config_last_load_successful")).toBe(0);

    writeFileSync(path, receiver("a", moved) + receiver("b", second));
    expect((await collector.fetch("/-/reload")).status).toBe(200);
    await expect.poll(() => Promise.all([first, second, moved].map(answers))).toEqual([false, true, true]);
    blocker.close();
  });

  it("gives the port of a removed receiver to a new one, also inside a module, and only then", async () => {
    const port = await freePort();
    const receiver = (label: string): string =>
      `pyroscope.receive_http "${label}" {\n forward_to = []\n http {\n listen_address = "127.0.0.1"\n listen_port = ${port}\n }\n}\n`;
    const path = configFile("renamed.alloy", receiver("a"));
    await using collector = await Collector.start({ path });
    const reload = async (config: string): Promise<number> => {
      writeFileSync(path, config);
      return (await collector.fetch("/-/reload")).status;
    };
    const answers = (): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      );
    expect(await reload(receiver("a") + receiver("b"))).toBe(400);
    expect(await answers()).toBe(true);
    expect(await reload(receiver("b"))).toBe(200);
    expect(await answers()).toBe(true);
    expect(await collector.text("/api/v0/web/components")).toContain("pyroscope.receive_http.b");
    expect(await reload(`declare "m" {\n${receiver("c")}}\nm "i" { }\n`)).toBe(200);
    await expect.poll(answers, { timeout: 15_000 }).toBe(true);
    expect(await collector.text("/-/healthy")).toBe("All flameline components are healthy.\n");
  });

  it("shows targets live while that is switched on", async () => {
    const relabel = (value: string): string =>
      `discovery.relabel "r" {\n targets = [{"__address__" = "a:1", "v" = "${value}"}]\n}\npyroscope.relabel "p" {\n forward_to = []\n}\n`;
    const on = "livedebugging {\n enabled = true\n}\n";
    const path = configFile("live.alloy", on + relabel("1"));
    await using collector = await Collector.start({ path });
    const base = "/api/v0/web";
    expect(await collector.text(`${base}/debug/pyroscope.relabel.p`)).toContain(
      'the component "pyroscope.relabel.p" does not support live debugging',
    );
    expect(await collector.text(`${base}/debug/nope`)).toBe("component not found\n");
    expect((await collector.fetch(`${base}/debug/discovery.relabel.r?sampleProb=2`)).status).toBe(400);
    expect((await collector.fetch(`${base}/graph?window=0`)).status).toBe(400);

    const seen = { debug: "", graph: "" };
    const follow = async (kind: "debug" | "graph", url: string): Promise<void> => {
      const { body } = await collector.fetch(url);
      const decoder = new TextDecoder();
      for await (const chunk of body ?? []) seen[kind] += decoder.decode(chunk as Uint8Array);
    };
    const debug = follow("debug", `${base}/debug/discovery.relabel.r`);
    const graph = follow("graph", `${base}/graph?window=1`).catch(() => {});
    await expect.poll(() => seen.debug, { timeout: 15_000 }).toBe('{__address__="a:1", v="1"}|;|');
    await expect.poll(() => seen.graph, { timeout: 15_000 }).toContain("[]|;|");
    writeFileSync(path, on + relabel("2"));
    expect((await collector.fetch("/-/reload")).status).toBe(200);
    await expect.poll(() => seen.debug, { timeout: 15_000 }).toContain('|;|{__address__="a:1", v="2"}|;|');
    const flow = '{"componentID":"discovery.relabel.r","targetComponentIDs":[],"type":"target","rate":1}';
    await expect.poll(() => seen.graph, { timeout: 15_000 }).toContain(`[${flow}]|;|`);
    // Switching it off ends what is watched; what flows goes on being counted.
    writeFileSync(path, relabel("2"));
    expect((await collector.fetch("/-/reload")).status).toBe(200);
    await debug;
    collector.signal("SIGTERM");
    await graph;
  });

  it("keeps its id in the storage directory", async () => {
    const storage = join(folder, "storage");
    const flags = [`--storage.path=${storage}`];
    const seedAfterRun = async (): Promise<string> => {
      const collector = await Collector.start({ config: "", args: flags });
      await collector[Symbol.asyncDispose]();
      return readFileSync(join(storage, "alloy_seed.json"), "utf8");
    };
    const seed = await seedAfterRun();
    expect(seed).toContain('"UID":');
    expect(await seedAfterRun()).toBe(seed);
  });

  it("is a cluster of one when it is told of no peers", async () => {
    await using collector = await Collector.start({ config: "", args: ["--cluster.enabled=true", "--cluster.name=shop"] });
    expect((await collector.fetch("/-/ready")).status).toBe(200);
  });

  it("names flags without effect in one warning", async () => {
    await using collector = await Collector.start({
      config: "",
      args: [
        "--windows.priority=high",
        "--server.http.enable-graphql",
        "--disable-reporting",
        "--cluster.enabled=false",
        "--queue.enabled=false",
      ],
    });
    const warnings = withoutTimes(collector.log()).filter((line) => line.startsWith("level=warn"));
    expect(warnings).toEqual([
      'level=warn msg="these flags have no effect in this program" flags=--server.http.enable-graphql,--windows.priority',
    ]);
  });

  it("protects its server as the http block says, from one reload to the next", async () => {
    const path = configFile(
      "auth.alloy",
      'http {\n\tauth {\n\t\tbasic {\n\t\t\tusername = "u"\n\t\t\tpassword = "p"\n\t\t}\n\t\tfilter { paths = ["/metrics"] }\n\t}\n}\n',
    );
    await using collector = await Collector.start({ path });
    expect((await collector.fetch("/metrics")).status).toBe(401);
    const authorization = `Basic ${Buffer.from("u:p").toString("base64")}`;
    expect((await collector.fetch("/metrics", { headers: { authorization } })).status).toBe(200);
    writeFileSync(path, "");
    expect((await collector.fetch("/-/reload")).status).toBe(200);
    expect((await collector.fetch("/metrics")).status).toBe(200);
  });

  it.each<[string, string]>([
    ['remotecfg { url = "http://127.0.0.1:1" }\n', "failed to register collector with http://127.0.0.1:1"],
    ['remotecfg { poll_frequency = "5s" }\n', 'poll_frequency must be at least "10s"'],
    ["ui { }\n", 'service "ui" does not support being configured'],
    ['http {\n\ttls { key_file = "x" }\n}\n', "must specify either cert_pem or cert_file"],
    ['http {\n\ttls {\n\t\tcert_file = "/nowhere"\n\t\tkey_file = "/nowhere"\n\t}\n}\n', "open /nowhere: no such file or directory"],
    ['logging { destination = "moon" }\n', 'unrecognized log destination "moon"'],
    ["tracing { sampler { nope { } } }\n", 'unrecognized block name "nope"'],
  ])("refuses %j", async (config, reason) => {
    const path = configFile("refused.alloy", config);
    const { code, stdout, stderr } = await flameline(["run", path, `--storage.path=${folder}`, "--server.http.listen-addr=127.0.0.1:0"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "\n" });
    expect(stderr).toContain(reason);
    expect(stderr).toMatch(/\nError: could not perform the initial load successfully\n$/);
  });

  it("says what is wrong with its storage directory and its address", async () => {
    const path = configFile("ok.alloy", "");
    const storage = configFile("file", "");
    const unusable = await flameline(["run", path, `--storage.path=${storage}`, "--server.http.listen-addr=127.0.0.1:0"]);
    expect(unusable.code).toBe(1);
    expect(unusable.stderr).toContain(`Error: storage path ${JSON.stringify(storage)} cannot be used: `);
    for (const [address, reason] of [
      ["12345", "address 12345: missing port in address"],
      ["127.0.0.1:x", "address 127.0.0.1:x: invalid port"],
      ["127.0.0.1:99999", "address 127.0.0.1:99999: invalid port"],
    ]) {
      const { code, stderr } = await flameline(["run", path, `--server.http.listen-addr=${address}`]);
      expect({ code, lines: withoutTimes(stderr) }).toEqual({
        code: 1,
        lines: [`level=error msg="failed to listen on ${address}" service=http err="${reason}"`, ""],
      });
    }
  });

  it("reads all files of a directory as one configuration", async () => {
    const directory = join(folder, "several");
    mkdirSync(directory);
    writeFileSync(join(directory, "a.alloy"), 'declare "m" {\n\texport "y" {\n\t\tvalue = 1\n\t}\n}\n');
    writeFileSync(join(directory, "b.alloy"), 'm "i" { }\n');
    writeFileSync(join(directory, "c.txt"), "not read");
    await using collector = await Collector.start({ path: directory });
    expect(await collector.text("/api/v0/web/components")).toContain('"localID":"m.i"');
  });
});

describe.skipIf(!TestCertificates.available)("flameline run with TLS", () => {
  it("goes from clear text to TLS and back on the same port, and takes a renewed certificate", async () => {
    using certificates = new TestCertificates();
    const first = certificates.signed("first");
    const second = certificates.signed("second");
    const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    const install = (pair: { cert: string; key: string }): void => {
      writeFileSync(certFile, pair.cert);
      writeFileSync(keyFile, pair.key);
    };
    install(first);
    const path = configFile("tls.alloy", "");
    const port = await freePort();
    await using collector = await Collector.start({ path, port });
    writeFileSync(path, `http {\n\ttls {\n\t\tcert_file = "${certFile}"\n\t\tkey_file  = "${keyFile}"\n\t}\n}\n`);
    expect((await collector.fetch("/-/reload", { method: "POST" })).status).toBe(200);
    const ask = (requestPath: string): Promise<{ status: number; subject: string }> =>
      secureGet(port, requestPath, certificates.authority.cert);
    expect(await ask("/-/ready")).toEqual({ status: 200, subject: "first" });
    await expect(collector.fetch("/-/ready")).rejects.toThrow("fetch failed");

    install(second);
    await expect.poll(async () => (await ask("/-/ready")).subject, { timeout: 5000 }).toBe("second");
    writeFileSync(path, "");
    expect((await ask("/-/reload")).status).toBe(200);
    expect((await collector.fetch("/-/ready")).status).toBe(200);
  });
});

describe.skipIf(!TestCertificates.available)("the tls block", () => {
  it.each([
    ['max_version = "TLS12"', "TLSv1.2", "X25519"],
    ['curve_preferences = ["CurveP384"]', "TLSv1.3", "secp384r1"],
  ])("asks clients for certificates and keeps to %s", async (limit, protocol, curve) => {
    using certificates = new TestCertificates();
    const server = certificates.signed("server");
    const { cert, key } = certificates.signed("client");
    const { certFile, cert: ca } = certificates.authority;
    const path = configFile("limits.alloy", "");
    await using collector = await Collector.start({ path });
    const files = `cert_file = "${server.certFile}"\nkey_file = "${server.keyFile}"\nclient_ca_file = "${certFile}"`;
    writeFileSync(path, `http {\n\ttls {\n${files}\nclient_auth_type = "RequireAndVerifyClientCert"\n${limit}\n\t}\n}\n`);
    expect((await collector.fetch("/-/reload")).status).toBe(200);

    const socket = connectTls({ host: "127.0.0.1", port: collector.port, ca, cert, key });
    await once(socket, "secureConnect");
    expect(socket.getProtocol()).toBe(protocol);
    expect(socket.getEphemeralKeyInfo()).toMatchObject({ name: curve });
    socket.destroy();
    await expect(secureGet(collector.port, "/-/ready", ca)).rejects.toThrow();
  });
});

function secureGet(port: number, path: string, ca: string): Promise<{ status: number; subject: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({ host: "127.0.0.1", port, path, ca, agent: false }, (incoming) => {
      const subject = incoming.socket instanceof TLSSocket ? String(incoming.socket.getPeerCertificate().subject.CN) : "";
      incoming.resume();
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, subject }));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
