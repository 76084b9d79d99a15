import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MetricsRegistry } from "../metrics/registry.ts";
import { IsolatedRuntime } from "../runtime/runtime.ts";
import { TestProgram } from "../runtime/testing/test-program.ts";
import { decodeText } from "../schema/testing/configuration.ts";
import { RemoteConfig } from "./remote-config.ts";
import type { RemoteConfigArguments } from "./remote-config-block.ts";
import { remoteConfigBlock } from "./remote-config-block.ts";
import type { SeenConfigRequest } from "./testing/collector-service.ts";
import { collectorService } from "./testing/collector-service.ts";

let folder = "";
const closers: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "remote-"));
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  rmSync(folder, { recursive: true, force: true });
});

/** A server of another library; what it answers can be changed. */
class ConfigServer {
  content = "";
  refuses = false;
  hangs = false;
  readonly requests: SeenConfigRequest[] = [];
  readonly registrations: unknown[] = [];
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const handler = connectNodeAdapter({
      routes: (router) =>
        router.service(collectorService, {
          getConfig: (request: unknown) => {
            if (this.refuses) throw new ConnectError("not today", Code.PermissionDenied);
            const seen = request as SeenConfigRequest;
            this.requests.push(seen);
            if (this.hangs) return new Promise(() => {});
            const hash = `h${this.content.length}`;
            return seen.hash === hash ? { notModified: true, hash } : { content: this.content, hash };
          },
          registerCollector: (request: unknown) => {
            this.registrations.push(request);
            return {};
          },
        } as never),
    });
    this.#server = createServer(handler);
    await once(this.#server.listen(this.#port, "127.0.0.1"), "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
    closers.push(() => this.stop());
  }

  async stop(): Promise<void> {
    this.#server?.close();
    this.#server?.closeAllConnections();
    this.#server = undefined;
  }
}

interface Setup {
  readonly remote: RemoteConfig;
  readonly runtime: IsolatedRuntime;
  readonly metrics: MetricsRegistry;
  readonly stop: () => Promise<void>;
}

async function collector(args: string): Promise<Setup> {
  const program = new TestProgram({ services: [{ name: "http" }], storagePath: folder });
  const metrics = new MetricsRegistry();
  const remote = new RemoteConfig({
    identity: program.options.componentServices.identity,
    os: "linux",
    storagePath: folder,
    log: program.options.log,
    metrics: metrics.scope(),
  });
  const runtime = new IsolatedRuntime("remotecfg", program.options);
  remote.use(runtime);
  await remote.evaluate(argumentsOf(args));
  const abort = new AbortController();
  const done = remote.run(abort.signal);
  const stop = async (): Promise<void> => {
    abort.abort();
    await done;
  };
  closers.unshift(stop);
  return { remote, runtime, metrics, stop };
}

/** With polls as short as no configuration may have them. */
function argumentsOf(text: string): RemoteConfigArguments {
  return { ...decodeText(remoteConfigBlock, text), poll_frequency: 130 };
}

const pass = (label: string, input: string): string => `testcomponents.passthrough "${label}" {\n  input = "${input}"\n}\n`;

function outputs(runtime: IsolatedRuntime): unknown {
  return runtime.inspect
    .components()
    ?.map(({ localID, moduleID }) => [
      moduleID,
      localID,
      runtime.inspect.component(localID)?.exports.map((one) => (one.type === "attr" ? one.value.value : one)),
    ]);
}

describe("RemoteConfig", () => {
  it("registers, runs what it is given, follows changes and says how they fared", async () => {
    const server = new ConfigServer();
    server.content = pass("a", "1");
    await server.start();
    const { runtime, metrics } = await collector(`url = "${server.url}/"\nname = "me"\nattributes = {"team" = "x"}`);
    expect(server.registrations).toMatchObject([
      { id: "test", name: "me", localAttributes: { team: "x", "collector.version": "v0.0.0", "collector.os": "linux" } },
    ]);
    await expect.poll(() => outputs(runtime)).toEqual([["remotecfg", "testcomponents.passthrough.a", ["1"]]]);
    expect(runtime.inspect.component("testcomponents.passthrough.a")).toMatchObject({ health: { state: "healthy" } });
    await expect.poll(() => server.requests.length).toBeGreaterThan(2);
    const [first, second, third] = server.requests;
    expect(first).toMatchObject({ id: "test", hash: "", localAttributes: { team: "x" } });
    expect(second).toMatchObject({ hash: `h${server.content.length}`, remoteConfigStatus: { status: 1 } });
    expect(Buffer.from(second?.effectiveConfig?.configMap.configMap[""]?.body ?? []).toString()).toBe(server.content);
    expect([third?.remoteConfigStatus, third?.effectiveConfig]).toEqual([undefined, undefined]);
    expect(metrics.render()).toMatch(/^remotecfg_last_load_not_modified 1$/m);
    expect(metrics.render()).toMatch(/^remotecfg_hash\{hash="[0-9a-f]{64}"\} 1$/m);

    server.content = pass("b", "22");
    await expect.poll(() => outputs(runtime)).toEqual([["remotecfg", "testcomponents.passthrough.b", ["22"]]]);
  });

  it.each([
    ["broken", "testcomponents.passthrough {"],
    ["of which a component fails", 'testcomponents.passthrough "a" {\n  input = []\n}'],
    ["that would configure the program", "http { }"],
  ])("keeps the last good configuration when it is given one %s", async (_name, bad) => {
    const server = new ConfigServer();
    server.content = pass("a", "1");
    await server.start();
    const { runtime, metrics } = await collector(`url = "${server.url}"`);
    const good = [["remotecfg", "testcomponents.passthrough.a", ["1"]]];
    await expect.poll(() => outputs(runtime)).toEqual(good);
    server.content = bad;
    await expect.poll(() => server.requests.at(-1)?.remoteConfigStatus?.status).toBe(3);
    expect(server.requests.at(-1)?.remoteConfigStatus?.errorMessage).toMatch(/^remotecfg:[12]:/);
    expect(outputs(runtime)).toEqual(good);
    expect(metrics.render()).toMatch(/^remotecfg_last_load_successful 0$/m);
    expect(metrics.render()).toMatch(/^remotecfg_load_failures_total 1$/m);
  });

  it("starts with the last good configuration while the server is away, and takes a new one later", async () => {
    const server = new ConfigServer();
    server.content = pass("a", "1");
    await server.start();
    const before = await collector(`url = "${server.url}"`);
    await expect.poll(() => readdirSync(folder)).toContain("remotecfg");
    await expect.poll(() => readdirSync(join(folder, "remotecfg")).length).toBe(1);
    await before.stop();
    const [file = ""] = readdirSync(join(folder, "remotecfg"));
    expect(statSync(join(folder, "remotecfg", file)).mode & 0o777).toBe(0o600);

    server.refuses = true;
    const { runtime } = await collector(`url = "${server.url}"`);
    await expect.poll(() => outputs(runtime)).toEqual([["remotecfg", "testcomponents.passthrough.a", ["1"]]]);
    server.content = pass("b", "22");
    server.refuses = false;
    await expect.poll(() => outputs(runtime)).toEqual([["remotecfg", "testcomponents.passthrough.b", ["22"]]]);
  });

  it("starts with the last good configuration while nothing listens at the server's address", async () => {
    const server = new ConfigServer();
    server.content = pass("a", "1");
    await server.start();
    const before = await collector(`url = "${server.url}"`);
    await expect.poll(() => readdirSync(folder)).toContain("remotecfg");
    await expect.poll(() => readdirSync(join(folder, "remotecfg")).length).toBe(1);
    await before.stop();
    await server.stop();
    const { runtime } = await collector(`url = "${server.url}"`);
    await expect.poll(() => outputs(runtime)).toEqual([["remotecfg", "testcomponents.passthrough.a", ["1"]]]);
    server.content = pass("b", "22");
    await server.start();
    await expect.poll(() => outputs(runtime)).toEqual([["remotecfg", "testcomponents.passthrough.b", ["22"]]]);
    expect(server.registrations).toHaveLength(2);
  });

  it("does not wait for a server that does not answer when its block changes or the program stops", async () => {
    const server = new ConfigServer();
    server.hangs = true;
    await server.start();
    const { remote, stop } = await collector(`url = "${server.url}"`);
    await expect.poll(() => server.requests.length).toBe(1);
    const beganAt = performance.now();
    await remote.evaluate(argumentsOf(`url = "${server.url}"\nname = "other"`));
    await expect.poll(() => server.requests.length).toBe(2);
    await stop();
    expect(performance.now() - beganAt).toBeLessThan(3000);
  });

  it("asks once when it is to ask again in a month", async () => {
    const server = new ConfigServer();
    server.content = pass("a", "1");
    await server.start();
    const { remote } = await collector(`url = "${server.url}"`);
    await remote.evaluate({ ...argumentsOf(`url = "${server.url}"`), poll_frequency: 30 * 24 * 3_600_000 });
    const asked = server.requests.length;
    await delay(300);
    expect(server.requests.length - asked).toBeLessThanOrEqual(1);
  });

  it("is refused while the server does not know it, and empties what ran when its block goes", async () => {
    const server = new ConfigServer();
    server.content = pass("a", "1");
    await server.start();
    const { remote, runtime } = await collector(`url = "${server.url}"`);
    await expect.poll(() => outputs(runtime)).not.toEqual([]);
    await expect(remote.evaluate(argumentsOf('url = "http://127.0.0.1:1"'))).rejects.toThrow(/failed to register collector/);
    expect(outputs(runtime)).not.toEqual([]);
    await remote.evaluate(argumentsOf('url = ""'));
    expect(outputs(runtime)).toEqual([]);
  });
});
