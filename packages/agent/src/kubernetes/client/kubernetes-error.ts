import type { HttpResponse } from "../../http/client/http-client.ts";
import { statusLine } from "../../http/client/status-line.ts";
import { JsonRecord } from "../../discovery/json-record.ts";
import { eachObjectField, isProtobuf, textOf } from "./protobuf-object.ts";

/** Longest wait that an API server may ask for, milliseconds. */
export const maxRetryAfterMs = 60_000;

interface KubernetesErrorOptions {
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** What an API server has against a request, in its own words where it has some. */
export class KubernetesError extends Error {
  override readonly name = "KubernetesError";
  /** The status code; 0 when the answer itself cannot be understood. */
  readonly code: number;
  /** How long the server wants to be left alone, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(code: number, message: string, { retryAfterMs, cause }: KubernetesErrorOptions = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  /** The answer's body is a `Status` object, unless something between us and the server answered. */
  static ofResponse(response: HttpResponse): KubernetesError {
    const message = statusMessage(response.body);
    const seconds = Number(response.headers.get("retry-after"));
    return new KubernetesError(response.status, message ?? `the server answered ${statusLine(response)}`, {
      retryAfterMs: seconds > 0 ? Math.min(seconds * 1000, maxRetryAfterMs) : undefined,
    });
  }

  /** The `Status` object that a watch sends instead of an object. */
  static ofStatus(status: JsonRecord): KubernetesError {
    const seconds = status.record("details").number("retryAfterSeconds");
    return new KubernetesError(status.number("code"), status.text("message") || "the server ended the watch with an error", {
      retryAfterMs: seconds > 0 ? Math.min(seconds * 1000, maxRetryAfterMs) : undefined,
    });
  }

  /** The version that was asked for is too old (or a list took longer than the server keeps it): everything has to be listed again. */
  get expired(): boolean {
    return this.code === 410;
  }
}

function statusMessage(body: Uint8Array): string | undefined {
  try {
    const message = isProtobuf(body) ? protobufMessage(body) : JsonRecord.of(JSON.parse(new TextDecoder().decode(body))).text("message");
    return message === "" ? undefined : message;
  } catch {
    return undefined;
  }
}

function protobufMessage(body: Uint8Array): string {
  let message = "";
  eachObjectField(body, (field, content) => {
    if (field === 3) message = textOf(content);
  });
  return message;
}
