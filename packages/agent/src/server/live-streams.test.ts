import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { type Socket, connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { Logging } from "../log/logging.ts";
import { AdminServer } from "./admin-server.ts";
import type { AdminBackend } from "./backend.ts";
import { createAdminHandler } from "./handler.ts";

const logging = new Logging({ offer: () => undefined });
const big = "x".repeat(3 * 1024 * 1024);

/** One component whose targets are watched; the test publishes them. */
class Watched {
  readonly listeners = new Set<(text: string) => void>();
  readonly dropped: string[] = [];

  readonly backend: AdminBackend = {
    unhealthyNames: () => [],
    reload: async () => undefined,
    metrics: () => "",
    components: () => [],
    component: (id) => (id === "a.b" ? { localID: id } : undefined),
    componentIdOf: () => undefined,
    remoteComponents: () => [],
    remoteComponent: () => undefined,
    peers: () => [],
    liveDebugging: () => true,
    journey: () => ({}),
    canBeWatched: () => true,
    watchTargets: (_id, listener) => {
      this.listeners.add(listener);
      return () => this.listeners.delete(listener);
    },
    liveDataDropped: (id) => this.dropped.push(id),
    meterFlows: () => ({ read: () => [], stop: () => {} }),
  };

  publish(text: string): void {
    for (const listener of this.listeners) listener(text);
  }
}

let server: AdminServer | undefined;
afterEach(() => server?.close());

async function start(watched: Watched): Promise<AdminServer> {
  server = await AdminServer.open({ host: "127.0.0.1", port: 0 }, logging.logger);
  const options = { pathPrefix: "/", version: "v1", pprof: true, supportBundle: true, auth: () => undefined, log: logging.logger };
  server.serve(createAdminHandler(watched.backend, options));
  return server;
}

const path = "/api/v0/web/debug/a.b";

async function watchOverHttp1(address: string): Promise<Socket> {
  const socket = connect({ port: Number(address.split(":").at(-1)), host: "127.0.0.1" });
  await once(socket, "connect");
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return socket;
}

describe("live streams", () => {
  it("go on for a client that reads everything, whatever the size", { timeout: 30_000 }, async () => {
    const watched = new Watched();
    const { address } = await start(watched);
    const session = connectHttp2(`http://${address}`);
    const [http1, http2] = [await watchOverHttp1(address), session.request({ ":path": path })];
    const read = [0, 0];
    http1.on("data", (chunk: Buffer) => (read[0] = (read[0] ?? 0) + chunk.length));
    http2.on("data", (chunk: Buffer) => (read[1] = (read[1] ?? 0) + chunk.length));
    await expect.poll(() => watched.listeners.size).toBe(2);
    for (let sent = 1; sent <= 5; sent += 1) {
      watched.publish(big);
      await expect.poll(() => read.every((bytes) => bytes > sent * big.length), { timeout: 5000 }).toBe(true);
    }
    expect(watched.listeners.size).toBe(2);
    http1.destroy();
    session.destroy();
    await expect.poll(() => watched.listeners.size).toBe(0);
  });

  it("end for a client that does not read, and keep nothing for it", { timeout: 30_000 }, async () => {
    const watched = new Watched();
    const { address } = await start(watched);
    const socket = await watchOverHttp1(address);
    socket.pause();
    await expect.poll(() => watched.listeners.size).toBe(1);
    for (let sent = 0; sent < 10 && watched.listeners.size > 0; sent += 1) {
      watched.publish(big + big);
      await delay(1000);
    }
    expect(watched.listeners.size).toBe(0);
    socket.destroy();
  });
});
