import type { JourneySubject } from "../../component/journey.ts";
import type { Delivery, IngestDelivery } from "./delivery.ts";

/**
 * How a delivery is kept in the queue: the length of a head (32 bits, little endian), the head as JSON, and the body as it will be sent. Tenant and time are
 * part of the record of the queue. A head with another `version` was written by a later program and is not read.
 */
interface StoredHead {
  readonly version: 1;
  readonly service: string;
  readonly type: string;
  readonly profiles: number;
  readonly bytes: number;
  /** Absent for pushes. */
  readonly ingest?: Pick<IngestDelivery, "path" | "query" | "contentTypes">;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function storeDelivery(delivery: Delivery): readonly Uint8Array[] {
  const { subject, profiles, bytes } = delivery;
  const head: StoredHead = {
    version: 1,
    service: subject.service,
    type: subject.type,
    profiles,
    bytes,
    ...(delivery.kind === "ingest" && { ingest: { path: delivery.path, query: delivery.query, contentTypes: delivery.contentTypes } }),
  };
  const json = encoder.encode(JSON.stringify(head));
  const start = new Uint8Array(4 + json.length);
  new DataView(start.buffer).setUint32(0, json.length, true);
  start.set(json, 4);
  return delivery.kind === "push" ? [start, ...delivery.message] : [start, delivery.data];
}

/** The delivery in the parts of {@link storeDelivery}, joined; a view of them. Undefined when it is something else. */
export function restoreDelivery(
  stored: Uint8Array,
  { tenant, createdAt }: { readonly tenant: string; readonly createdAt: number },
): Delivery | undefined {
  const head = readHead(stored);
  if (head === undefined) return undefined;
  const { service, type, profiles, bytes, ingest } = head.value;
  const facts = { subject: { service, type }, tenant, receivedAt: createdAt, profiles, bytes };
  const body = stored.subarray(head.end);
  return ingest === undefined ? { kind: "push", ...facts, message: [body] } : { kind: "ingest", ...facts, ...ingest, data: body };
}

/** What the queue tells losses by: whose profiles they were. */
export function topicOf({ service, type }: JourneySubject): string {
  return service === "" && type === "" ? "" : `${service}\0${type}`;
}

export function subjectOf(topic: string): JourneySubject {
  const end = topic.lastIndexOf("\0");
  return end < 0 ? { service: topic, type: "" } : { service: topic.slice(0, end), type: topic.slice(end + 1) };
}

/** How {@link storeDelivery} begins a head: what comes after that may be long. */
const subjectInHead = /^\{"version":1,"service":("(?:[^"\\]|\\.)*"),"type":("(?:[^"\\]|\\.)*"),/;

/** The topic of a stored delivery by its first bytes, empty when they are too few. */
export function topicOfStored(start: Uint8Array): string {
  const [, service, type] = subjectInHead.exec(decoder.decode(start.subarray(4))) ?? [];
  if (service === undefined || type === undefined) return "";
  return topicOf({ service: JSON.parse(service) as string, type: JSON.parse(type) as string });
}

function readHead(stored: Uint8Array): { readonly value: StoredHead; readonly end: number } | undefined {
  if (stored.length < 4) return undefined;
  const end = 4 + new DataView(stored.buffer, stored.byteOffset).getUint32(0, true);
  if (end > stored.length) return undefined;
  try {
    // Its checksum was right, so it is what some version of this program has written.
    const value = JSON.parse(decoder.decode(stored.subarray(4, end))) as StoredHead;
    return value.version === 1 ? { value, end } : undefined;
  } catch {
    return undefined;
  }
}
