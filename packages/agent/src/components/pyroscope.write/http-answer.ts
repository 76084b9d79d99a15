import { STATUS_CODES } from "../../http/node-http.ts";
import { gunzipSync } from "node:zlib";
import type { HttpResponse } from "../../http/client/http-message.ts";

/** More of an answer is never looked at. */
export const maxAnswerBytes = 1 << 20;

/** `503 Service Unavailable`, with the usual words where the server gave none (HTTP/2 has none). */
export function statusLine({ status, statusText }: HttpResponse): string {
  const text = statusText === "" ? STATUS_CODES[status] : statusText;
  return text === undefined ? String(status) : `${status} ${text}`;
}

/** The body without its content encoding. Throws when it is broken or larger than {@link maxAnswerBytes}. */
export function answerBody(response: HttpResponse): Uint8Array {
  if (response.headers.get("content-encoding") !== "gzip") return response.body;
  return gunzipSync(response.body, { maxOutputLength: maxAnswerBytes });
}
