import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { clientArguments } from "../testing/arguments.ts";
import { TestCertificates } from "../testing/certificates.ts";
import { createHttpClient } from "./http-client.ts";

const preface = 24;
const frameHead = 9;
const types = { data: 0, headers: 1, settings: 4, windowUpdate: 8 } as const;
const flags = { endStream: 1, ack: 1, endHeaders: 4 } as const;
const status200 = Buffer.of(0x88);

/** https://www.rfc-editor.org/rfc/rfc9113#section-4.1 */
function frame(type: number, flag: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(frameHead);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flag, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function windowUpdate(stream: number): Buffer {
  return frame(types.windowUpdate, 0, stream, Buffer.of(0, 0x7f, 0xff, 0xff));
}

/** A server that answers the first request at once, reads what of it fits in the window, and can let the rest come later. */
class EarlyServer {
  readonly body: Buffer[] = [];
  bodyEnded = false;
  readonly #socket: TLSSocket;
  #rest: Buffer = Buffer.alloc(0);
  #begun = false;
  #stream = 0;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.write(frame(types.settings, 0, 0));
  }

  openWindow(): void {
    this.#socket.write(Buffer.concat([windowUpdate(0), windowUpdate(this.#stream)]));
  }

  #take(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (!this.#begun && this.#rest.length >= preface) [this.#begun, this.#rest] = [true, this.#rest.subarray(preface)];
    while (this.#begun && this.#rest.length >= frameHead) {
      const end = frameHead + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) return;
      this.#serve(this.#rest.readUInt8(3), this.#rest.readUInt8(4), this.#rest.readUInt32BE(5), this.#rest.subarray(frameHead, end));
      this.#rest = this.#rest.subarray(end);
    }
  }

  #serve(type: number, flag: number, stream: number, payload: Buffer): void {
    if (type === types.settings && (flag & flags.ack) === 0) this.#socket.write(frame(types.settings, flags.ack, 0));
    if (type === types.headers) {
      this.#stream = stream;
      const answer = [frame(types.headers, flags.endHeaders, stream, status200), frame(types.data, flags.endStream, stream)];
      this.#socket.write(Buffer.concat(answer));
    }
    if (type !== types.data) return;
    this.body.push(payload);
    this.bodyEnded ||= (flag & flags.endStream) !== 0;
  }
}

describe.skipIf(!TestCertificates.available)("HttpClient over HTTP/2 (needs openssl)", () => {
  it.each(["one piece", "parts"])("sends the rest of a body in %s as it was, when the answer was there before", async (form) => {
    using certificates = new TestCertificates();
    const server = createServer({ ...certificates.signed("server"), ALPNProtocols: ["h2"] }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const connected = once(server, "secureConnection").then(([socket]) => new EarlyServer(socket as TLSSocket));
    const settings = clientArguments(`tls_config {\nca_pem = ${JSON.stringify(certificates.authority.cert)}\n}`);
    const client = createHttpClient(settings, { name: "", userAgent: "test" });
    const bytes = Buffer.alloc(500_000, "a");
    const body = form === "parts" ? [bytes.subarray(0, 100), bytes.subarray(100)] : bytes;
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { status } = await client.send({ method: "POST", url, headers: [], body });
    expect(status).toBe(200);
    bytes.fill("b");
    const peer = await connected;
    peer.openWindow();
    await expect.poll(() => peer.bodyEnded).toBe(true);
    const received = Buffer.concat(peer.body);
    expect({ length: received.length, others: received.filter((byte) => byte !== 97).length }).toEqual({ length: 500_000, others: 0 });
    await client.close();
    server.close();
  });
});
