/** Bodies and connections that are meant to break the receiver: the right code, bounded memory, and everybody else is served during it and after. */
import { readFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ingest } from "../support/sample-pushes.ts";
import { FaultRun } from "./fault-run.ts";
import { scaled, timeoutFor } from "./scale.ts";

const timeout = timeoutFor(20_000, 60_000);

/**
 * The most memory that the program may use, whatever one sender at a time sends to it: 150 MiB that it uses under load, 64 MiB for the largest body that is
 * taken, 128 MiB for what that unpacks to, and 100 MiB that the engine has not given back yet.
 */
const memoryLimitMiB = 450;

/** How long a normal push may take while somebody is hostile. */
const pushLimitMs = 5000;

let run: FaultRun;
let mostMemory = 0;
let watch: NodeJS.Timeout;

function memoryMiB(): number {
  const [, kib = "0"] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${run.collector.pid}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}

beforeAll(async () => {
  run = await FaultRun.start({ http: 'http2 {\n enabled = true\n}\nserver_read_timeout = "2s"' });
  watch = setInterval(() => (mostMemory = Math.max(mostMemory, memoryMiB())), 20);
}, 30_000);

afterAll(() => {
  clearInterval(watch);
  return run[Symbol.asyncDispose]();
});

/** A varint field, or the start of one with a length, of the protobuf wire format. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

function label(name: string | Buffer, value: string | Buffer): Buffer {
  return field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(value))]));
}

const sample = field(2, Buffer.concat([field(1, Buffer.from("raw")), field(2, Buffer.from("hostile"))]));
const named = [label("__name__", "process_cpu"), label("service_name", "hostile")];
const push = (...parts: readonly Buffer[]): Buffer => field(1, Buffer.concat(parts));

function millionLabels(): Buffer {
  const one = label("l0000000", "v");
  const all = Buffer.alloc(1_000_000 * one.length, one);
  for (let index = 0; index < 1_000_000; index += 1) all.write(String(index).padStart(7, "0"), index * one.length + 5, "latin1");
  return all;
}

/** Unpacks to a thousand times its size. */
const bomb = gzipSync(Buffer.alloc(256 << 20), { level: 9 });

interface Hostile {
  readonly name: string;
  readonly body: () => Buffer;
  readonly encoding?: "gzip";
  /** What the sender is told: the status over Connect, `grpc-status` over gRPC. */
  readonly connect: number;
  readonly grpc: number;
}

const bodies: readonly Hostile[] = [
  { name: "a truncated message", body: () => push(...named, sample).subarray(0, -5), connect: 400, grpc: 3 },
  { name: "a length of 4 GiB", body: () => Buffer.concat([Buffer.from([0x0a]), varint(2 ** 32)]), connect: 400, grpc: 3 },
  { name: "a varint of 20 bytes", body: () => Buffer.from([0x0a, ...Array<number>(19).fill(0xff), 1]), connect: 400, grpc: 3 },
  { name: "a field number of 0", body: () => Buffer.from([0x02, 0x00]), connect: 400, grpc: 3 },
  { name: "nothing but 0xff", body: () => Buffer.alloc(1 << 20, 0xff), connect: 400, grpc: 3 },
  { name: "invalid UTF-8 in a label", body: () => push(...named, label("a", Buffer.from([0xc3, 0x28])), sample), connect: 400, grpc: 3 },
  {
    name: "a million labels",
    body: () => push(...named, millionLabels(), sample),
    connect: 429,
    grpc: 8,
  },
  { name: "a gzip bomb of 1:1000", body: () => bomb, encoding: "gzip", connect: 429, grpc: 8 },
  { name: "gzip that ends early", body: () => gzipSync(push(...named, sample)).subarray(0, -9), encoding: "gzip", connect: 400, grpc: 3 },
];

async function overConnect({ body, encoding }: Hostile): Promise<number> {
  const headers = { "content-type": "application/proto", ...(encoding !== undefined && { "content-encoding": encoding }) };
  const content = new Uint8Array(body());
  const answer = await fetch(`http://127.0.0.1:${run.port}/push.v1.PusherService/Push`, { method: "POST", headers, body: content });
  return answer.status;
}

async function overGrpc({ body, encoding }: Hostile): Promise<number> {
  const content = body();
  const head = Buffer.alloc(5);
  head.writeUInt8(encoding === undefined ? 0 : 1);
  head.writeUInt32BE(content.length, 1);
  const session = connectHttp2(`http://127.0.0.1:${run.port}`);
  try {
    const stream = session.request({
      ":method": "POST",
      ":path": "/push.v1.PusherService/Push",
      "content-type": "application/grpc+proto",
      te: "trailers",
      ...(encoding !== undefined && { "grpc-encoding": encoding }),
    });
    const status = new Promise<number>((resolve, reject) => {
      stream.on("response", (headers) => headers["grpc-status"] !== undefined && resolve(Number(headers["grpc-status"])));
      stream.on("trailers", (trailers) => resolve(Number(trailers["grpc-status"])));
      stream.on("error", reject);
      stream.on("close", () => reject(new Error("the stream was closed")));
    });
    stream.resume();
    stream.end(Buffer.concat([head, content]));
    return await status;
  } finally {
    session.close();
  }
}

/** A normal push is acknowledged soon, and delivered. */
async function expectService(): Promise<void> {
  const began = Date.now();
  const { id, statuses } = await run.senders.send();
  expect(statuses).toEqual([200]);
  expect(Date.now() - began).toBeLessThan(pushLimitMs);
  await vi.waitFor(() => expect(run.sink.taken.has(id)).toBe(true), { timeout: 5000 });
}

describe("hostile bodies", () => {
  it.each(bodies)("$name over Connect", { timeout }, async (hostile) => {
    const [status] = await Promise.all([overConnect(hostile), expectService()]);
    expect(status).toBe(hostile.connect);
    await expectService();
  });

  it.each(bodies)("$name over gRPC", { timeout }, async (hostile) => {
    const [status] = await Promise.all([overGrpc(hostile), expectService()]);
    expect(status).toBe(hostile.grpc);
    await expectService();
  });

  it("a gzip bomb at /ingest", { timeout }, async () => {
    const answer = await fetch(`http://127.0.0.1:${run.port}/ingest?name=bomb`, {
      method: "POST",
      headers: { "content-encoding": "gzip" },
      body: bomb,
    });
    expect(answer.status).toBe(413);
    await expectService();
  });

  it.each([
    ["invalid UTF-8", "app%C3%28{a=%FF}", 400],
    ["half of an escape", "app{a=%2}", 400],
    // How many a server takes is for the server to say.
    ["eighty thousand labels", `app{${Array.from({ length: 80_000 }, (_, index) => `l${index}=v`).join(",")}}`, 200],
    ["more than a megabyte of labels", `app{${Array.from({ length: 150_000 }, (_, index) => `l${index}=v`).join(",")}}`, 431],
  ])("%s in the name of a request to /ingest", { timeout }, async (_, name, status) => {
    const answer = await rawRequest(`POST /ingest?name=${name} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    await expectService();
  });
});

/** What the receiver answers to these bytes until it closes the connection. */
function rawRequest(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = new Socket().connect(run.port, "127.0.0.1");
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    socket.on("close", () => resolve(answer));
    socket.on("error", (error) => (answer === "" ? reject(error) : resolve(answer)));
    socket.write(text);
  });
}

/** Connections that are there at the same time. */
async function openConnections(count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(200, count - sockets.length) }, () => new Socket());
    await Promise.all(
      some.map(
        (socket) =>
          new Promise<void>((resolve, reject) => {
            socket.once("error", reject);
            socket.connect(run.port, "127.0.0.1", () => {
              socket.on("error", () => undefined);
              resolve();
            });
          }),
      ),
    );
    sockets.push(...some);
  }
  return sockets;
}

/** An HTTP/2 connection on which so many requests are begun and taken back at once, as bytes. */
function rapidReset(streams: number): Buffer {
  const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
  };
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  // POST, http, the path and the authority: https://httpwg.org/specs/rfc7541.html#static.table.definition
  const headers = Buffer.concat([Buffer.from([0x83, 0x86, 0x04]), text("/ingest?name=app"), Buffer.from([0x01]), text("x")]);
  const cancel = Buffer.from([0, 0, 0, 8]);
  const all = Array.from({ length: streams }, (_, index) => [frame(1, 4, 2 * index + 1, headers), frame(3, 0, 2 * index + 1, cancel)]);
  return Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0, Buffer.alloc(0)), ...all.flat()]);
}

describe("hostile connections", () => {
  it.each(["/push.v1.PusherService/Push", "/ingest?name=app"])(
    "an endless chunked body to %s is refused",
    { timeout: 3 * timeout },
    async (path) => {
      const socket = new Socket().connect(run.port, "127.0.0.1");
      let answer = "";
      socket.on("data", (data) => (answer += data.toString("latin1")));
      socket.on("error", () => undefined);
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      const type = path.startsWith("/ingest") ? "" : "Content-Type: application/proto\r\n";
      socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${type}Transfer-Encoding: chunked\r\n\r\n`);
      const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536), Buffer.from("\r\n")]);
      const flood = (): void => {
        if (socket.destroyed) return;
        while (socket.write(chunk));
        socket.once("drain", flood);
      };
      flood();
      await expectService();
      await closed;
      expect(answer).toMatch(/^HTTP\/1.1 (413|429) /);
      await expectService();
    },
  );

  it("an endless body over gRPC is refused", { timeout: 3 * timeout }, async () => {
    const session = connectHttp2(`http://127.0.0.1:${run.port}`);
    session.on("error", () => undefined);
    const stream = session.request({ ":method": "POST", ":path": "/push.v1.PusherService/Push", "content-type": "application/grpc+proto" });
    stream.on("error", () => undefined);
    const told = new Promise<number>((resolve) => {
      stream.on("response", (headers) => headers["grpc-status"] !== undefined && resolve(Number(headers["grpc-status"])));
      stream.on("trailers", (trailers) => resolve(Number(trailers["grpc-status"])));
      stream.on("close", () => resolve(-1));
    });
    stream.resume();
    stream.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]));
    const chunk = Buffer.alloc(65_536);
    const flood = (): void => {
      if (stream.destroyed || stream.closed) return;
      while (stream.write(chunk));
      stream.once("drain", flood);
    };
    flood();
    await expectService();
    expect(await told).toBe(8);
    session.destroy();
    await expectService();
  });

  it("headers that come byte by byte are cut off after server_read_timeout", { timeout }, async () => {
    const sockets = await openConnections(scaled(100, 1000));
    const text = `POST /ingest?name=app HTTP/1.1\r\nHost: x\r\nX-Slow: ${"x".repeat(10_000)}`;
    let at = 0;
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write(text[at] ?? "x");
      at += 1;
    }, 100);
    try {
      await expectService();
      // Node looks at its connections only now and then.
      await vi.waitFor(() => expect(sockets.filter(({ closed }) => closed).length).toBe(sockets.length), {
        timeout: 12_000,
        interval: 100,
      });
    } finally {
      clearInterval(drip);
      for (const socket of sockets) socket.destroy();
    }
    await expectService();
  });

  it("forty thousand streams that are reset at once do not occupy it", { timeout }, async () => {
    const flood = rapidReset(10_000);
    const sockets = await openConnections(4);
    const closed = sockets.map((socket) => new Promise<void>((resolve) => socket.resume().once("close", () => resolve())));
    for (const socket of sockets) socket.write(flood);
    await expectService();
    // Whoever does that is sent away.
    await Promise.all(closed);
    await expectService();
  });

  it("ten thousand connections that say nothing are closed, and everybody else is served", { timeout: 2 * timeout }, async () => {
    const sockets = await openConnections(10_000);
    try {
      await expectService();
      await vi.waitFor(() => expect(sockets.filter(({ closed }) => closed).length).toBe(sockets.length), {
        timeout: 20_000,
        interval: 250,
      });
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    await expectService();
  });
});

it("after all that: bounded memory, and nothing that was acknowledged is lost", { timeout: 2 * timeout }, async () => {
  clearInterval(watch);
  expect((await ingest(run.port, "app")).status).toBe(200);
  const log = run.collector.log();
  expect(log).not.toMatch(/uncaught|failed to handle request|RangeError|TypeError/);
  await run.settle("hostile bodies and connections", { note: `at most ${Math.round(mostMemory)} MiB` });
  expect(mostMemory).toBeLessThan(memoryLimitMiB);
});
