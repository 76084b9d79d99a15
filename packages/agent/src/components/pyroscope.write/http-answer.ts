import { gunzipSync } from "node:zlib";
import type { HttpResponse } from "../../http/client/http-message.ts";

/** More of an answer is never looked at. */
export const maxAnswerBytes = 1 << 20;

/** The body without its content encoding. Throws when it is broken or larger than {@link maxAnswerBytes}. */
export function answerBody(response: HttpResponse): Uint8Array {
  if (response.headers.get("content-encoding") !== "gzip") return response.body;
  return gunzipSync(response.body, { maxOutputLength: maxAnswerBytes });
}
