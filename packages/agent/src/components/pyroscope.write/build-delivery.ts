import { encodePushRequest } from "@flameline/profile";
import type { IngestBody, Profile } from "../../component/profile.ts";
import { encodeQuery, parseQuery } from "../../component/query-string.ts";
import type { Delivery, DeliverySize, IngestDelivery } from "./delivery.ts";
import type { OutgoingLabels } from "./outgoing-labels.ts";
import type { Series } from "./split-series.ts";

export function sizeOf(series: Series): DeliverySize {
  let bytes = 0;
  for (const { body } of series) bytes += body.data.length;
  return { profiles: series.length, bytes };
}

/** What every endpoint gets for a series. Throws a final `DeliveryError` when its labels cannot be sent. */
export function buildDelivery(series: Series, { profiles, bytes }: DeliverySize, outgoing: OutgoingLabels): Delivery {
  const [first] = series;
  if (first.body.kind === "ingest") return ingestDelivery(first, first.body, outgoing);
  const labels = outgoing.ofPush(first.labels);
  const samples = series.map(({ id, body }) => ({ id, raw: body.data }));
  return { kind: "push", message: encodePushRequest([{ labels, samples }]), profiles, bytes };
}

function ingestDelivery({ labels }: Profile, { data, path, query, contentTypes }: IngestBody, outgoing: OutgoingLabels): IngestDelivery {
  const others = parseQuery(query).filter(([name]) => name !== "name");
  const complete = encodeQuery([...others, ["name", outgoing.ofIngest(labels, query)]]);
  return { kind: "ingest", path, query: complete, contentTypes, data, profiles: 1, bytes: data.length };
}
