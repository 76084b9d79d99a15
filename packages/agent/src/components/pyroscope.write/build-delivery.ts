import { encodePushRequest } from "@flameline/profile";
import { journeySubject } from "../../component/journey.ts";
import type { IngestBody, Profile } from "../../component/profile.ts";
import { encodeQuery, parseQuery } from "../../component/query-string.ts";
import { DeliveryError } from "../../component/receiver.ts";
import { tenantLabel, tenantProblem } from "../../component/tenant.ts";
import type { Delivery, DeliverySize, IngestDelivery } from "./delivery.ts";
import type { OutgoingLabels } from "./outgoing-labels.ts";
import type { Series } from "./split-series.ts";

export function sizeOf(series: Series): DeliverySize {
  let bytes = 0;
  for (const { body } of series) bytes += body.data.length;
  return { profiles: series.length, bytes };
}

/** What every endpoint gets for a series. Throws a final `DeliveryError` when its labels cannot be sent. */
export function buildDelivery(series: Series, size: DeliverySize, outgoing: OutgoingLabels): Delivery {
  const [first] = series;
  const facts = { ...size, subject: journeySubject(first.labels), tenant: tenantOf(first), receivedAt: first.receivedAt };
  if (first.body.kind === "ingest") return { ...facts, ...ingestRequest(first, first.body, outgoing) };
  const labels = outgoing.ofPush(first.labels, size.profiles);
  const samples = series.map(({ id, body }) => ({ id, raw: body.data }));
  return { ...facts, kind: "push", message: encodePushRequest([{ labels, samples }]) };
}

function tenantOf({ labels }: Profile): string {
  const tenant = labels.get(tenantLabel);
  const problem = tenantProblem(tenant);
  if (problem !== undefined)
    throw new DeliveryError(`invalid labels in profile: ${problem}`, { code: "invalid_argument", retryable: false });
  return tenant;
}

function ingestRequest(
  { labels }: Profile,
  { data, path, query, contentTypes }: IngestBody,
  outgoing: OutgoingLabels,
): Pick<IngestDelivery, "kind" | "path" | "query" | "contentTypes" | "data"> {
  const others = parseQuery(query).filter(([name]) => name !== "name");
  const complete = encodeQuery([...others, ["name", outgoing.ofIngest(labels, query)]]);
  return { kind: "ingest", path, query: complete, contentTypes, data };
}
