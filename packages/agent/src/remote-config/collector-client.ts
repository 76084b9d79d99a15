import { textFromBytes } from "@flameline/syntax";
import type { HttpClient, HttpResponse } from "../http/client/http-message.ts";
import type { ConfigAnswer, ConfigRequest } from "./messages.ts";
import { decodeConfigAnswer, encodeConfigRequest, encodeRegistration } from "./messages.ts";
import type { RemoteConfigArguments } from "./remote-config-block.ts";

/** How long one call may take, in milliseconds. */
const callTimeoutMs = 30_000;

/** The largest configuration that is taken, in bytes. */
const answerByteLimit = 16 * 1024 * 1024;

/** Talks to `collector.v1.CollectorService` by Connect unary calls: https://connectrpc.com/docs/protocol/#unary-request */
export class CollectorClient {
  readonly #url: string;
  readonly #client: HttpClient;

  private constructor(url: string, client: HttpClient) {
    this.#url = url.replace(/\/+$/, "");
    this.#client = client;
  }

  static async create(args: RemoteConfigArguments, userAgent: string): Promise<CollectorClient> {
    const { createHttpClient } = await import("../http/client/http-client.ts");
    return new CollectorClient(args.url, createHttpClient(args, { name: "remotecfg", userAgent }));
  }

  /** All calls reject with an error whose message says why. */
  async register(id: string, name: string, attributes: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void> {
    await this.#call("RegisterCollector", encodeRegistration(id, name, attributes), signal);
  }

  async config(request: ConfigRequest, signal: AbortSignal): Promise<ConfigAnswer> {
    return decodeConfigAnswer(await this.#call("GetConfig", encodeConfigRequest(request), signal));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #call(method: string, body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const response = await this.#client.send({
      method: "POST",
      url: `${this.#url}/collector.v1.CollectorService/${method}`,
      headers: [
        ["Content-Type", "application/proto"],
        ["Connect-Protocol-Version", "1"],
        ["Connect-Timeout-Ms", String(callTimeoutMs)],
      ],
      body,
      signal,
      timeoutMs: callTimeoutMs,
      maxResponseBytes: answerByteLimit,
    });
    if (response.status === 200) return response.body;
    throw new Error(errorOf(response));
  }
}

/** `code: message` of a Connect error, otherwise the status. */
function errorOf({ status, statusText, body, headers }: HttpResponse): string {
  if (/^application\/json\b/i.test(headers.get("content-type") ?? "")) {
    try {
      const error: unknown = JSON.parse(textFromBytes(body));
      if (typeof error === "object" && error !== null && "code" in error) {
        return `${String(error.code)}: ${"message" in error ? String(error.message) : ""}`;
      }
    } catch {
      // Then it came from something in front of the server.
    }
  }
  return `${status} ${statusText}`.trim();
}
