import { connect } from "node:http2";
import { gunzipSync, gzipSync } from "node:zlib";
import { create, fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { ConnectError } from "@connectrpc/connect";
import { compressionGzip, createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DeliveryError } from "../../component/receiver.ts";
import { BodyBudget } from "../server/body-budget.ts";
import type { RunningServer } from "../server/listen.ts";
import { listen } from "../server/listen.ts";
import type { Text } from "../testing/echo-service.ts";
import { echoMethod } from "../testing/echo-service.ts";
import type { Codec } from "./content-type.ts";
import { acceptedContentTypes } from "./content-type.ts";
import { messageFrame } from "./envelope.ts";
import type { CallContext } from "./serve-unary.ts";
import { serveUnary } from "./serve-unary.ts";

const path = "/test.v1.EchoService/Echo";

let server: RunningServer;
let base: string;
let seen: CallContext | undefined;

/** Answers with the text it got, except for a few words. */
async function echo(message: Uint8Array, codec: Codec, context: CallContext): Promise<Uint8Array> {
  seen = context;
  const { text } = decode(message, codec);
  if (text === "refuse") throw new DeliveryError("labels 50% too long: ä\n", { code: "invalid_argument", retryable: false });
  if (text === "break") throw new Error("broken");
  if (text === "wait") await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
  const answer = create(echoMethod.output, { text });
  return codec === "json" ? Buffer.from(toJsonString(echoMethod.output, answer)) : toBinary(echoMethod.output, answer);
}

function decode(message: Uint8Array, codec: Codec): Text {
  const decoded =
    codec === "json" ? fromJsonString(echoMethod.input, Buffer.from(message).toString()) : fromBinary(echoMethod.input, message);
  return decoded as Text;
}

beforeEach(async () => {
  seen = undefined;
  server = await listen({
    address: "127.0.0.1",
    port: 0,
    http2ClearText: true,
    handler: (request, response) => void serveUnary(request, response, { maxBytes: 100_000, handle: echo }),
  });
  base = `http://127.0.0.1:${server.port}`;
});

afterEach(() => server.close(1000));

async function call(transport: Transport, text: string, timeoutMs?: number): Promise<string> {
  const { message } = await transport.unary(echoMethod, undefined, timeoutMs, undefined, { text });
  return (message as Text).text;
}

const post = (body: Uint8Array | string, headers: Record<string, string>): Promise<Response> =>
  fetch(base + path, { method: "POST", body: Buffer.from(body), headers });

/** Resolves when the signal of the last call has aborted. */
async function aborted(): Promise<void> {
  if (seen?.signal.aborted === false) await new Promise((resolve) => seen?.signal.addEventListener("abort", resolve));
}

const message = (text: string): Uint8Array => toBinary(echoMethod.input, create(echoMethod.input, { text }));

describe("serveUnary() with the clients of connect-node", () => {
  const transports: readonly (readonly [string, (options: { json: boolean }) => Transport])[] = [
    ["Connect over HTTP/1.1", ({ json }) => createConnectTransport({ baseUrl: base, httpVersion: "1.1", useBinaryFormat: !json })],
    ["Connect over clear-text HTTP/2", ({ json }) => createConnectTransport({ baseUrl: base, httpVersion: "2", useBinaryFormat: !json })],
    ["gRPC over clear-text HTTP/2", ({ json }) => createGrpcTransport({ baseUrl: base, useBinaryFormat: !json })],
    ["gRPC-web over HTTP/1.1", ({ json }) => createGrpcWebTransport({ baseUrl: base, httpVersion: "1.1", useBinaryFormat: !json })],
    ["gRPC-web over clear-text HTTP/2", ({ json }) => createGrpcWebTransport({ baseUrl: base, httpVersion: "2", useBinaryFormat: !json })],
  ];

  for (const [name, transport] of transports) {
    for (const json of [false, true]) {
      it(`answers ${name}, ${json ? "JSON" : "proto"}`, async () => {
        expect(await call(transport({ json }), "hello")).toBe("hello");
        expect(await call(transport({ json }), "x".repeat(50_000))).toHaveLength(50_000);
      });
    }

    it(`carries code and message of an error over ${name}`, async () => {
      const error = await call(transport({ json: false }), "refuse").catch((reason: unknown) => ConnectError.from(reason));
      expect(error).toMatchObject({ code: 3, rawMessage: "labels 50% too long: ä\n" });
      const other = await call(transport({ json: false }), "break").catch((reason: unknown) => ConnectError.from(reason));
      expect(other).toMatchObject({ code: 2, rawMessage: "broken" });
    });

    it(`hands on the deadline of ${name}`, async () => {
      await expect(call(transport({ json: false }), "wait", 150)).rejects.toMatchObject({ code: 4 });
      expect(seen?.deadline).toBeLessThanOrEqual(Date.now() + 20);
      await aborted();
    });
  }

  it("takes compressed messages and compresses the answers to them", async () => {
    const options = { baseUrl: base, sendCompression: compressionGzip, compressMinBytes: 0 };
    for (const transport of [createConnectTransport({ ...options, httpVersion: "1.1" }), createGrpcTransport(options)]) {
      expect(await call(transport, "hello ".repeat(1000))).toHaveLength(6000);
    }
  });

  it("refuses messages above the limit as resource_exhausted", async () => {
    const connect = createConnectTransport({ baseUrl: base, httpVersion: "1.1" });
    await expect(call(connect, "x".repeat(200_000))).rejects.toMatchObject({ code: 8 });
    await expect(call(createGrpcTransport({ baseUrl: base }), "x".repeat(200_000))).rejects.toMatchObject({ code: 8 });
  });
});

describe("serveUnary() of Connect", () => {
  it("answers in the content type of the request, in lower case", async () => {
    const answer = await post('{"text":"a"}', { "content-type": 'Application/JSON;charset="UTF-8"' });
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(answer.headers.get("accept-encoding")).toBe("gzip");
    expect(await answer.json()).toEqual({ text: "a" });
  });

  it("names what it serves to requests of another content type", async () => {
    for (const type of ["text/plain", "application/x-protobuf", "application/proto; v=2"]) {
      const answer = await post("x", { "content-type": type });
      expect(answer.status).toBe(415);
      expect(answer.headers.get("accept-post")).toBe(acceptedContentTypes);
      expect(await answer.text()).toBe("");
    }
  });

  it("refuses unknown compressions, versions, timeouts and empty JSON with code and status", async () => {
    const refusals: [Record<string, string>, number, object][] = [
      [{ "content-encoding": "zstd" }, 501, { code: "unimplemented", message: 'unknown compression "zstd": supported encodings are gzip' }],
      [{ "connect-protocol-version": "2" }, 400, { code: "invalid_argument", message: 'Connect-Protocol-Version must be "1": got "2"' }],
      [{ "connect-timeout-ms": "12345678901" }, 400, { code: "invalid_argument", message: 'parse timeout: "12345678901" has >10 digits' }],
      [
        { "connect-timeout-ms": "1s" },
        400,
        { code: "invalid_argument", message: 'parse timeout: strconv.ParseInt: parsing "1s": invalid syntax' },
      ],
      [
        { "content-type": "application/json" },
        400,
        { code: "invalid_argument", message: "unmarshal message: zero-length payload is not a valid JSON object" },
      ],
    ];
    for (const [headers, status, body] of refusals) {
      const answer = await post("", { "content-type": "application/proto", ...headers });
      expect([answer.status, await answer.json()]).toEqual([status, body]);
    }
  });

  it("compresses the answer for a client that accepts it, even an empty one, but never errors", async () => {
    const headers = { "content-type": "application/proto", "accept-encoding": "br, gzip" };
    const empty = await post("", headers);
    expect(empty.headers.get("content-encoding")).toBe("gzip");
    expect((await empty.arrayBuffer()).byteLength).toBe(0);
    const refused = await post(message("refuse"), headers);
    expect(refused.headers.get("content-encoding")).toBeNull();
  });

  it("stops unpacking a gzip bomb", async () => {
    const answer = await post(gzipSync(Buffer.alloc(10_000_000)), { "content-type": "application/proto", "content-encoding": "gzip" });
    expect([answer.status, await answer.json()]).toMatchObject([429, { code: "resource_exhausted" }]);
  });

  it("says that a compressed message is damaged", async () => {
    const answer = await post("no gzip", { "content-type": "application/proto", "content-encoding": "gzip" });
    expect(await answer.json()).toEqual({ code: "invalid_argument", message: "decompress: gzip: incorrect header check" });
  });

  it("aborts the signal when the client goes away", async () => {
    const controller = new AbortController();
    const headers = { "content-type": "application/proto" };
    const left = fetch(base + path, { method: "POST", body: Buffer.from(message("wait")), headers, signal: controller.signal });
    await expect.poll(() => seen).toBeDefined();
    controller.abort();
    await expect(left).rejects.toThrow();
    await aborted();
  });
});

interface GrpcAnswer {
  headers: Record<string, unknown>;
  trailers: Record<string, unknown>;
  body: Buffer;
}

/** A gRPC call by hand. */
function grpc(body: Uint8Array, headers: Record<string, string> = {}): Promise<GrpcAnswer> {
  return new Promise((resolve, reject) => {
    const session = connect(base);
    const stream = session.request({ ":method": "POST", ":path": path, te: "trailers", "content-type": "application/grpc", ...headers });
    const answer: GrpcAnswer = { headers: {}, trailers: {}, body: Buffer.alloc(0) };
    stream.on("response", (got) => Object.assign(answer.headers, got));
    stream.on("trailers", (got) => Object.assign(answer.trailers, got));
    stream.on("data", (chunk: Buffer) => (answer.body = Buffer.concat([answer.body, chunk])));
    stream.on("error", reject);
    stream.on("close", () => session.close(() => resolve(answer)));
    stream.end(body);
  });
}

describe("serveUnary() of gRPC", () => {
  it("compresses the answer to a compressed message", async () => {
    const { headers, trailers, body } = await grpc(messageFrame(gzipSync(message("a")), true), { "grpc-encoding": "gzip" });
    expect(headers).toMatchObject({
      ":status": 200,
      "content-type": "application/grpc",
      "grpc-accept-encoding": "gzip",
      "grpc-encoding": "gzip",
    });
    expect(trailers).toMatchObject({ "grpc-status": "0" });
    expect(body[0]).toBe(1);
    expect(gunzipSync(body.subarray(5))).toEqual(Buffer.from(message("a")));
  });

  it("refuses what is not exactly one whole message", async () => {
    const one = messageFrame(message("a"), false);
    const refusals: [Uint8Array, Record<string, string>, string, string][] = [
      [Buffer.alloc(0), {}, "12", "unary request has zero messages"],
      [Buffer.concat([one, one]), {}, "12", "unary request has multiple messages"],
      [one.subarray(0, 3), {}, "3", "protocol error: incomplete envelope: unexpected EOF"],
      [one.subarray(0, -1), {}, "3", "protocol error: promised 3 bytes in enveloped message, got 2 bytes"],
      [messageFrame(message("a"), true), {}, "3", "protocol error: sent compressed message without compression support"],
      [one, { "grpc-timeout": "5x" }, "3", 'protocol error: timeout "5x" has invalid unit'],
      [one, { "grpc-timeout": "123456789S" }, "3", 'protocol error: timeout "123456789S" is too long'],
      [one, { "grpc-encoding": "br" }, "12", 'unknown compression "br": supported encodings are gzip'],
    ];
    for (const [body, headers, status, text] of refusals) {
      const { trailers, body: answer } = await grpc(body, headers);
      expect({ status: trailers["grpc-status"], text: trailers["grpc-message"] }).toEqual({ status, text });
      expect(answer).toHaveLength(0);
    }
  });
});

describe("serveUnary() with a budget for bodies", () => {
  it("asks for patience when it is spent: as Connect with a time to wait, as gRPC with the status", async () => {
    const budget = new BodyBudget(1000);
    const blocking = Promise.withResolvers<void>();
    const answer = async (): Promise<Uint8Array> => {
      await blocking.promise;
      return new Uint8Array();
    };
    const busy = await listen({
      address: "127.0.0.1",
      port: 0,
      handler: (request, response) => void serveUnary(request, response, { maxBytes: 100_000, budget, handle: answer }),
    });
    const send = (headers: Record<string, string>, body: Buffer): Promise<Response> =>
      fetch(`http://127.0.0.1:${busy.port}${path}`, { method: "POST", body, headers });
    const connect = { "content-type": "application/proto" };
    const first = send({ ...connect, "content-encoding": "gzip" }, gzipSync(Buffer.alloc(5000)));
    // What it is unpacked counts, too; it is alone and may have more than all.
    await expect.poll(() => budget.heldBytes).toBeGreaterThan(5000);
    const refused = await send(connect, Buffer.alloc(10));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await refused.json()).toMatchObject({ code: "resource_exhausted" });
    const web = await send({ "content-type": "application/grpc-web+proto" }, Buffer.from(messageFrame(new Uint8Array(10), false)));
    expect(await web.text()).toMatch(/grpc-status: 8\r\n/);
    blocking.resolve();
    expect((await first).status).toBe(200);
    await expect.poll(() => budget.heldBytes).toBe(0);
    expect((await send(connect, Buffer.alloc(10))).status).toBe(200);
    await busy.close(0);
  });
});
