import { decodeContent } from "../server/content-encoding.ts";
import type { IncomingRequest, OutgoingResponse } from "../server/exchange.ts";
import { respond } from "../server/exchange.ts";
import { httpStatusOf } from "./codes.ts";
import type { Negotiated } from "./compression.ts";
import { compress, negotiate, supportedEncodings } from "./compression.ts";
import type { RpcContentType } from "./content-type.ts";
import { parseConnectTimeout } from "./deadline.ts";
import { RpcError } from "./rpc-error.ts";
import type { UnaryCall } from "./serve-unary.ts";

/** Connect's unary protocol: the body is the message. https://connectrpc.com/docs/protocol/#unary-request */
export class ConnectCall implements UnaryCall {
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
    return parseConnectTimeout(this.#header("connect-timeout-ms"));
  }

  accept(): void {
    this.#encoding = negotiate(this.#header("content-encoding"), this.#header("accept-encoding"));
    const version = this.#header("connect-protocol-version") ?? "";
    if (version !== "" && version !== "1") {
      throw new RpcError("invalid_argument", `Connect-Protocol-Version must be "1": got ${JSON.stringify(version)}`);
    }
  }

  message(body: Buffer, maxBytes: number): Promise<Uint8Array> {
    return decodeContent(this.#encoding.request, body, { maxBytes });
  }

  succeed(message: Uint8Array): void | Promise<void> {
    if (this.#encoding.gzipResponse) return this.#succeedInGzip(message);
    respond(this.#response, 200, { "accept-encoding": supportedEncodings, "content-type": this.#type.text }, message);
  }

  async #succeedInGzip(message: Uint8Array): Promise<void> {
    const headers = { "accept-encoding": supportedEncodings, "content-type": this.#type.text, "content-encoding": "gzip" };
    respond(this.#response, 200, headers, await compress(message));
  }

  fail(error: RpcError): void {
    const { code, message, retryAfterSeconds } = error;
    const headers = {
      "accept-encoding": supportedEncodings,
      "content-type": "application/json",
      ...(retryAfterSeconds !== undefined && { "retry-after": String(retryAfterSeconds) }),
    };
    respond(this.#response, httpStatusOf(code), headers, JSON.stringify(message === "" ? { code } : { code, message }));
  }

  #header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === "string" ? value : value?.[0];
  }
}
