import { connect as http2 } from "node:http2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RawClient } from "../testing/raw-client.ts";
import { BodyTooLargeError, BodyTruncatedError, bodyBytesRead, readBody } from "./body.ts";
import { respondText } from "./exchange.ts";
import type { RunningServer } from "./listen.ts";
import { listen } from "./listen.ts";

let server: RunningServer;
let bytesRead: number;
let failures: unknown[];

beforeEach(async () => {
  failures = [];
  server = await listen({
    address: "127.0.0.1",
    port: 0,
    http2ClearText: true,
    handler: (request, response) => {
      readBody(request, { maxBytes: 1000 }).then(
        (body) => {
          bytesRead = bodyBytesRead(request);
          respondText(response, 200, body.toString());
        },
        (error: unknown) => {
          failures.push(error);
          respondText(response, 413, String(error));
        },
      );
    },
  });
});

afterEach(() => server.close(0));

const post = (body: NonNullable<RequestInit["body"]>): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}/`, { method: "POST", body, duplex: "half" });

function chunked(...parts: readonly string[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(Buffer.from(part));
      controller.close();
    },
  });
}

describe("readBody()", () => {
  it("gives what was sent, with or without an announced length", async () => {
    expect(await (await post("abc")).text()).toBe("abc\n");
    expect(bytesRead).toBe(3);
    expect(await (await post(chunked("ab", "cd"))).text()).toBe("abcd\n");
    expect(await (await post("")).text()).toBe("\n");
    expect(await (await post("x".repeat(1000))).text()).toHaveLength(1001);
  });

  it.each([
    ["most of it", 900],
    ["a tenth of it", 100],
    ["next to nothing", 1],
  ])("puts a body of known length together that begins with %s", async (_, first) => {
    using client = await RawClient.connect(server.port);
    const body = Array.from({ length: 1000 }, (_, at) => String.fromCharCode(97 + (at % 26))).join("");
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n${body.slice(0, first)}`);
    for (const [from, to] of [
      [first, 950],
      [950, 1000],
    ]) {
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
      client.send(body.slice(from, to));
    }
    expect(await client.until(/[a-z]{1000}\n$/)).toContain(`\r\n\r\n${body}\n`);
  });

  it("refuses an announced length at once, before the body arrives", async () => {
    using client = await RawClient.connect(server.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");
    await client.until(/413[^]*larger than 1000 bytes/);
    expect(failures[0]).toBeInstanceOf(BodyTooLargeError);
  });

  it("stops at the limit when no length is announced, and keeps the connection usable", async () => {
    using client = await RawClient.connect(server.port);
    const chunk = `1f4\r\n${"x".repeat(500)}\r\n`;
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}${chunk}0\r\n\r\n`);
    await client.until(/413/);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    await client.until(/abc/);
  });

  it("fails when the connection ends too early", async () => {
    const client = await RawClient.connect(server.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    setTimeout(() => client.socket.destroy(), 30);
    await expect.poll(() => failures[0]).toBeInstanceOf(BodyTruncatedError);
  });

  it("fails when a chunked body breaks off although the sending side was closed properly", async () => {
    using client = await RawClient.connect(server.port);
    client.socket.end("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
    await expect.poll(() => failures[0]).toBeInstanceOf(BodyTruncatedError);
  });

  it.each(["stream", "session"])("fails when an HTTP/2 %s ends too early", async (what) => {
    const session = http2(`http://127.0.0.1:${server.port}`);
    session.on("error", () => {});
    const stream = session.request({ ":method": "POST", ":path": "/", "content-length": "10" });
    stream.on("error", () => {});
    stream.write("abc");
    setTimeout(() => (what === "stream" ? stream.close(8) : session.destroy()), 50);
    await expect.poll(() => failures[0]).toBeInstanceOf(BodyTruncatedError);
    session.destroy();
  });
});
