import { decodeContent } from "../server/content-encoding.ts";
import type { IncomingRequest, OutgoingResponse } from "../server/exchange.ts";
import { countSent } from "../server/exchange.ts";
import { grpcStatusOf } from "./codes.ts";
import type { Negotiated } from "./compression.ts";
import { compress, negotiate, supportedEncodings } from "./compression.ts";
import type { RpcContentType } from "./content-type.ts";
import { parseGrpcTimeout } from "./deadline.ts";
import { frame, messageFrame, trailersFlag, unframe } from "./envelope.ts";
import { RpcError } from "./rpc-error.ts";
import type { UnaryCall } from "./serve-unary.ts";

/**
 * A unary call of gRPC or gRPC-web: one frame each way, the outcome in trailers, which gRPC-web sends as a frame of the body.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
 */
export class GrpcCall implements UnaryCall {
  readonly #request: IncomingRequest;
  readonly #response: OutgoingResponse;
  readonly #type: RpcContentType;
  #encoding: Negotiated = { request: undefined, gzipResponse: false };

  constructor(request: IncomingRequest, response: OutgoingResponse, type: RpcContentType) {
    this.#request = request;
    this.#response = response;
    this.#type = type;
  }

  timeoutMs(): number | undefined {
    return parseGrpcTimeout(this.#header("grpc-timeout"));
  }

  accept(): void {
    this.#encoding = negotiate(this.#header("grpc-encoding"), this.#header("grpc-accept-encoding"));
  }

  async message(body: Buffer, maxBytes: number): Promise<Uint8Array> {
    const { message, compressed } = unframe(body);
    if (!compressed) return message;
    const encoding = this.#encoding.request;
    if (encoding === undefined) {
      throw new RpcError("invalid_argument", "protocol error: sent compressed message without compression support");
    }
    return decodeContent(encoding, message, { maxBytes });
  }

  async succeed(message: Uint8Array): Promise<void> {
    const { gzipResponse } = this.#encoding;
    const packed = gzipResponse ? await compress(message) : message;
    const framed = messageFrame(packed, gzipResponse);
    this.#begin();
    countSent(this.#response, framed.length);
    this.#response.write(framed);
    this.#end({ "grpc-status": "0" });
  }

  fail(error: RpcError): void {
    if (this.#response.headersSent) return;
    this.#begin();
    this.#end({ "grpc-status": String(grpcStatusOf(error.code)), "grpc-message": percentEncode(error.message) });
  }

  #begin(): void {
    this.#response.writeHead(200, {
      "content-type": this.#type.text,
      "grpc-accept-encoding": supportedEncodings,
      ...(this.#encoding.gzipResponse && { "grpc-encoding": "gzip" }),
    });
  }

  #end(trailers: Readonly<Record<string, string>>): void {
    if (this.#type.protocol === "grpc") {
      this.#response.addTrailers(trailers);
      this.#response.end();
      return;
    }
    const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#response.end(frame(trailersFlag, Buffer.from(lines.join(""))));
  }

  #header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === "string" ? value : value?.[0];
  }
}

/** Space to `~` except `%` stay, every other byte of the UTF-8 form becomes `%XX` (the gRPC specification's Percent-Encoded). */
function percentEncode(text: string): string {
  return text.replaceAll(/[^ -$&-~]+/gu, (run) =>
    Array.from(Buffer.from(run), (byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`).join(""),
  );
}
