import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dial } from "./dial.ts";
import { openSocks } from "./socks5.ts";

let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(() => stack.disposeAsync());

/** A connection to a server that does `serve` with each of its connections. */
async function connected(serve: (socket: Socket) => unknown): Promise<Socket> {
  const server = createServer((socket) => {
    stack.defer(() => void socket.destroy());
    socket.on("error", () => {});
    socket.resume();
    serve(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  stack.defer(() => void server.close());
  const socket = await dial({ host: "127.0.0.1", port: (server.address() as AddressInfo).port }, undefined, new AbortController().signal);
  stack.defer(() => void socket.destroy());
  return socket;
}

const agreement = Buffer.from([5, 0, 5, 0, 0, 3, 1, 0x78, 0, 80]);

describe("openSocks()", () => {
  it("understands a proxy whatever pieces its answers come in, and leaves the rest to the next reader", async () => {
    const answer = Buffer.concat([agreement, Buffer.from("hello")]);
    for (const size of [1, 3, answer.length]) {
      const socket = await connected(async (peer) => {
        for (let at = 0; at < answer.length; at += size) {
          peer.write(answer.subarray(at, at + size));
          await turn();
        }
        peer.end();
      });
      await openSocks(socket, "x.invalid", 80, undefined);
      let read = "";
      for await (const chunk of socket) read += String(chunk);
      expect(read).toBe("hello");
    }
  });

  it("leaves no listeners and no data flowing behind", async () => {
    const socket = await connected((peer) => peer.write(agreement));
    const before = socket.eventNames().map((name) => [name, socket.listenerCount(name)]);
    await openSocks(socket, "x.invalid", 80, undefined);
    expect(socket.eventNames().map((name) => [name, socket.listenerCount(name)])).toEqual(before);
    expect(socket.isPaused()).toBe(true);
  });

  it("rejects when the proxy ends or breaks off in the middle", async () => {
    for (const leave of [
      (peer: Socket): unknown => peer.end(agreement.subarray(0, 5)),
      (peer: Socket): unknown => peer.once("data", () => peer.destroy()),
    ]) {
      await expect(openSocks(await connected(leave), "x.invalid", 80, undefined)).rejects.toMatchObject({
        code: "other",
        message: "socks connect tcp x.invalid:80: unexpected EOF",
      });
    }
    await expect(
      openSocks(await connected((peer) => peer.once("data", () => peer.resetAndDestroy())), "x.invalid", 80, undefined),
    ).rejects.toMatchObject({
      code: "other",
    });
  });
});

describe("dial()", () => {
  it("gives a connection that may break before anybody listens to it", async () => {
    const socket = await connected((peer) => setTimeout(() => peer.resetAndDestroy(), 10));
    await new Promise((resolve) => {
      socket.once("close", resolve);
    });
    expect(socket.errored).toMatchObject({ code: "ECONNRESET" });
  });
});
