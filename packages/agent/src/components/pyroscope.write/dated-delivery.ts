import {
  dateProfile,
  decodePushRequest,
  defaultProfileLimits,
  encodePushRequest,
  isGzip,
  ProfileDataError,
  unpacked,
} from "@flameline/profile";
import { encodeQuery, firstValue, parseQuery } from "../../component/query-string.ts";
import type { Delivery, IngestDelivery, PushDelivery } from "./delivery.ts";
import { nodeGzip } from "./repair/gzip.ts";

/** A server's clock and ours may differ by this without anybody noticing. */
const promptMs = 5000;

/** So many senders are remembered; then all are forgotten, which costs no more than looking again. */
const maxRemembered = 10_000;

/**
 * Gives deliveries their own time where a server would take the time of its arrival, which is not true any more when they have waited: a request to `/ingest`
 * without `from` or `until`, and a pprof without `time_nanos`, means now. What is sent promptly stays as it is.
 */
export class DeliveryDates {
  /** Senders whose profiles bring their time. They do so always, and looking means unpacking. */
  readonly #dated = new Set<string>();

  of(delivery: Delivery, now: number): Delivery {
    if (now - delivery.receivedAt < promptMs) return delivery;
    return delivery.kind === "push" ? this.#push(delivery) : datedIngest(delivery);
  }

  #push(delivery: PushDelivery): PushDelivery {
    const sender = JSON.stringify(delivery.subject);
    if (this.#dated.has(sender)) return delivery;
    try {
      const dated = datedPush(delivery);
      if (dated === delivery) this.#remember(sender);
      return dated;
    } catch (error) {
      if (error instanceof ProfileDataError) return delivery;
      throw error;
    }
  }

  #remember(sender: string): void {
    if (this.#dated.size === maxRemembered) this.#dated.clear();
    this.#dated.add(sender);
  }
}

function datedIngest(delivery: IngestDelivery): IngestDelivery {
  const query = parseQuery(delivery.query);
  const missing = ["from", "until"].filter((name) => firstValue(query, name) === undefined);
  if (missing.length === 0) return delivery;
  const dated = [...query, ...missing.map((name): [string, string] => [name, String(delivery.receivedAt)])];
  return { ...delivery, query: encodeQuery(dated) };
}

/** The very same delivery when all of its profiles have their time. @throws ProfileDataError when one cannot be read */
function datedPush(delivery: PushDelivery): PushDelivery {
  let isChanged = false;
  const dated = (raw: Uint8Array): Uint8Array => {
    const plain = unpacked(raw, nodeGzip, defaultProfileLimits.maxBytes);
    const result = dateProfile(plain, delivery.receivedAt);
    if (result === plain) return raw;
    isChanged = true;
    return isGzip(raw) ? nodeGzip.gzip(result) : result;
  };
  const request = decodePushRequest(Buffer.concat(delivery.message)).map(({ labels, samples }) => ({
    labels,
    samples: samples.map(({ id, raw }) => ({ id, raw: dated(raw) })),
  }));
  return isChanged ? { ...delivery, message: encodePushRequest(request) } : delivery;
}
