import { STATUS_CODES } from "../../http/node-http.ts";

/** Where the reference's words for a status are not Node's. */
const others: ReadonlyMap<number, string> = new Map([
  [413, "Request Entity Too Large"],
  [414, "Request URI Too Long"],
  [416, "Requested Range Not Satisfiable"],
  [418, "I'm a teapot"],
]);

/** The words for an HTTP status that a sender gets as the body of a refusal. */
export function statusText(status: number): string {
  return others.get(status) ?? STATUS_CODES[status] ?? `status ${status}`;
}
