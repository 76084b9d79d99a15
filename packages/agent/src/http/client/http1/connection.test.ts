import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clientArguments } from "../../testing/arguments.ts";
import type { HttpClient, HttpRequest } from "../http-client.ts";
import { createHttpClient } from "../http-client.ts";

interface Peer {
  readonly url: string;
  /** What came on each connection. */
  readonly received: string[];
}

let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(() => stack.disposeAsync());

/** A server without manners: `script` is called with everything that came so far on a connection, each time that something comes. */
async function peer(script: (socket: Socket, text: string) => void): Promise<Peer> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const number = received.push("") - 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      received[number] += bytes.toString("latin1");
      script(socket, received[number] ?? "");
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  stack.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/p?q=1`, received };
}

function client(): HttpClient {
  const made = createHttpClient(clientArguments(), { name: "test", userAgent: "test/1" });
  stack.defer(() => made.close());
  return made;
}

async function send(made: HttpClient, { url }: Peer, more: Partial<HttpRequest> = {}): Promise<string> {
  const { status, body } = await made.send({ method: "POST", url, headers: [["X-One", "1"]], body: Buffer.from("profile"), ...more });
  return `${status} ${Buffer.from(body).toString()}`;
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Answers each complete request. */
const polite = (socket: Socket, text: string): void => {
  if (text.endsWith("profile")) socket.write(ok);
};

describe("HTTP/1.1 connection", () => {
  it("writes requests as RFC 9112 has them", async () => {
    const server = await peer((socket, text) => {
      if (/\r\n\r\n(profile|.*0\r\n\r\n)?$/s.test(text)) socket.write(ok);
    });
    const made = client();
    await send(made, server);
    await send(made, server, { body: undefined });
    await send(made, server, { method: "GET", body: undefined });
    const host = new URL(server.url).host;
    const head = (method: string): string => `${method} /p?q=1 HTTP/1.1\r\nHost: ${host}\r\nX-One: 1\r\nUser-Agent: test/1\r\n`;
    const [first, second, third] = [
      `${head("POST")}Content-Length: 7\r\n\r\nprofile`,
      `${head("POST")}Content-Length: 0\r\n\r\n`,
      `${head("GET")}\r\n`,
    ];
    expect(server.received).toEqual([`${first}${second}${third}`]);
  });

  it("sends what comes piece by piece in chunks, no faster than it is read", async () => {
    const piece = Buffer.alloc(256 * 1024, "x");
    let given = 0;
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (; given < 64; given += 1) yield given === 1 ? new Uint8Array() : piece;
    };
    const server = await peer((socket, text) => {
      if (text.endsWith("\r\n0\r\n\r\n")) socket.write(ok);
      else if (text.length < 100_000) {
        socket.pause();
        setTimeout(() => socket.resume(), 100);
      }
    });
    const sent = send(client(), server, { body: pieces() });
    await sleep(60);
    expect(given).toBeLessThan(60);
    expect(await sent).toBe("200 ok");
    expect(server.received[0]).toContain("Transfer-Encoding: chunked\r\n\r\n40000\r\nxxx");
    expect(server.received[0]?.match(/\r\n40000\r\n/g)).toHaveLength(63);
  });

  it("breaks when the pieces do", async () => {
    const server = await peer(() => {});
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from("x");
      throw new Error("the file is gone");
    };
    await expect(send(client(), server, { body: pieces() })).rejects.toThrow("the file is gone");
  });

  it("is not used again when the server has said more than was asked", async () => {
    const server = await peer((socket) => socket.write(`${ok}HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npoisoned!`));
    const made = client();
    expect(await send(made, server)).toBe("200 ok");
    await sleep(20);
    expect(await send(made, server)).toBe("200 ok");
    expect(server.received).toHaveLength(2);
  });

  it("is not used again when the server answers before it has the whole request", async () => {
    const server = await peer((socket, text) => {
      if (text.length > 1000) socket.pause();
      socket.write("HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n");
    });
    const made = client();
    expect(await send(made, server, { body: Buffer.alloc(64 * 1024 * 1024) })).toBe("413 ");
    expect(await send(made, server)).toBe("413 ");
    expect(server.received).toHaveLength(2);
  });

  it("takes the answer of a server that resets the connection behind it because it does not want the body", async () => {
    const server = await peer((socket) => {
      socket.write("HTTP/1.1 407 Who are you?\r\n\r\nno entry");
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    expect(await send(client(), server)).toBe("407 no entry");
  });

  it.each(["GET", "POST"])("does not take what came before a reset for all of an answer to %s that is no refusal", async (method) => {
    const server = await peer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\nhalf a prof");
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    const sent = send(client(), server, { method, ...(method === "GET" && { body: undefined }) });
    await expect(sent).rejects.toThrow("connection reset by peer");
  });

  it("repeats a GET on a kept connection that the server closes, whatever other connections begin meanwhile", async () => {
    const made = client();
    const other = await peer((socket) => socket.write(ok));
    const server = await peer((socket, text) => {
      if (text.split("\r\n\r\n").length === 2) socket.write(ok);
      else void send(made, other, { method: "GET", body: undefined }).then(() => socket.destroy());
    });
    for (const _ of [1, 2]) expect(await send(made, server, { method: "GET", body: undefined })).toBe("200 ok");
    expect(server.received).toHaveLength(2);
  });

  it("is not used any more just before the server's own limit", async () => {
    const server = await peer((socket, text) => {
      if (text.endsWith("profile")) socket.write(ok.replace("\r\n", "\r\nKeep-Alive: timeout=1\r\n"));
    });
    const made = client();
    for (const _ of [1, 2]) expect(await send(made, server)).toBe("200 ok");
    expect(server.received).toHaveLength(2);
  });

  it("serves as many requests at a time as there are, and the next ones on connections that are free", async () => {
    const server = await peer(polite);
    const made = client();
    for (const _ of [1, 2]) await Promise.all(Array.from({ length: 50 }, () => send(made, server)));
    expect(server.received).toHaveLength(50);
  });

  it("lets a request in progress end when its client is closed, and the connection with it", async () => {
    const server = await peer((socket, text) => {
      if (text.endsWith("profile")) setTimeout(() => socket.write(ok), 50);
    });
    const made = client();
    const sent = send(made, server);
    await sleep(20);
    await made.close();
    expect(await sent).toBe("200 ok");
    await expect(send(made, server)).rejects.toThrow("the client is closed");
  });
});
