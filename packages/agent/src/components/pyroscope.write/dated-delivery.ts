import { encodeQuery, firstValue, parseQuery } from "../../component/query-string.ts";
import type { Delivery } from "./delivery.ts";

/** A server's clock and ours may differ by this without anybody noticing. */
const prompt = 5000;

/**
 * The delivery with its own time where a server would take the time of its arrival: a request to `/ingest` without `from` or `until` means now, which is
 * not true any more when it has waited. What is sent promptly stays as it is.
 */
export function datedDelivery(delivery: Delivery, now: number): Delivery {
  if (delivery.kind === "push" || now - delivery.receivedAt < prompt) return delivery;
  const query = parseQuery(delivery.query);
  const missing = ["from", "until"].filter((name) => firstValue(query, name) === undefined);
  if (missing.length === 0) return delivery;
  const dated = [...query, ...missing.map((name): [string, string] => [name, String(delivery.receivedAt)])];
  return { ...delivery, query: encodeQuery(dated) };
}
