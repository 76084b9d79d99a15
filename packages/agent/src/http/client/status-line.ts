import { STATUS_CODES } from "../node-http.ts";
import type { HttpResponse } from "./http-message.ts";

/** `503 Service Unavailable`, with the usual words where the server gave none (HTTP/2 has none). */
export function statusLine({ status, statusText }: HttpResponse): string {
  const text = statusText === "" ? STATUS_CODES[status] : statusText;
  return text === undefined ? String(status) : `${status} ${text}`;
}
