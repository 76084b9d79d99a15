import { randomUUID } from "node:crypto";
import type { Labels } from "@flameline/profile";
import { parseAppName } from "@flameline/profile";
import { deliverToAll, joinDeliveryErrors, prefixDeliveryError } from "../../component/delivery-errors.ts";
import type { DeliveryMemory } from "../../component/delivery-memory.ts";
import type { JourneyHop } from "../../component/journey.ts";
import { unknownSubject } from "../../component/journey.ts";
import type { Logger } from "../../component/logger.ts";
import type { Profile } from "../../component/profile.ts";
import { firstValue, parseQuery } from "../../component/query-string.ts";
import type { DeliveryContext, ProfileReceiver } from "../../component/receiver.ts";
import { DeliveryError } from "../../component/receiver.ts";
import type { BodyBudget } from "../../http/server/body-budget.ts";
import type { BodyMemory } from "../../http/server/body-memory.ts";
import type { IncomingRequest, OutgoingResponse } from "../../http/server/exchange.ts";
import { disconnectController, respond, respondText } from "../../http/server/exchange.ts";
import type { Deliveries } from "./deliveries.ts";
import type { LabelsCache } from "./labels-cache.ts";
import { ContentError, readContent } from "./read-content.ts";
import { tenantOfRequest, withTenant } from "./sender-tenant.ts";
import { withServiceName } from "./service-name.ts";
import { statusText } from "./status-text.ts";

export interface IngestOptions {
  readonly receivers: readonly ProfileReceiver[];
  readonly deliveries: Deliveries;
  /** Labels by the `name` of requests. */
  readonly labels: LabelsCache;
  readonly memory: DeliveryMemory;
  /** Headers that may name the tenant. */
  readonly tenantHeaders: readonly string[];
  readonly hop: JourneyHop;
  /** Of the bodies of all requests. */
  readonly budget: BodyBudget;
  /** Where bodies get their memory from. */
  readonly bodies: BodyMemory;
  readonly log: Logger;
}

/**
 * `POST /ingest`: the way of most SDKs. The request goes on as it is, whatever its format: only `name` is read, because it holds the labels, and a
 * `Content-Encoding` is undone, because the next hop will not hear of it. A server's refusal comes back to the sender with its status.
 */
export async function handleIngest(request: IncomingRequest, response: OutgoingResponse, options: IngestOptions): Promise<void> {
  const url = request.url ?? "";
  const mark = url.indexOf("?");
  const query = mark < 0 ? "" : url.slice(mark + 1);
  const name = firstValue(parseQuery(query), "name");
  const labels = options.labels.read(name ?? "", parseName);
  if (typeof labels === "string") {
    if (name !== undefined) options.log.warn("Failed to parse labels from name parameter", { name, err: labels });
    options.hop.note("rejected", unknownSubject, 1, `name: ${labels}`);
    request.resume();
    respondText(response, 400, `name: ${labels}`);
    return;
  }
  const tenanted = withTenantOrRefuse(labels, request, response, options);
  if (tenanted === undefined) return;
  // Now: who goes while the body is unpacked would not be noticed any more.
  const caller = disconnectController(response);
  const data = await readBodyOrRefuse(request, response, { name, labels: tenanted }, options);
  if (data === undefined) return;
  const path = mark < 0 ? url : url.slice(0, mark);
  const body = { kind: "ingest", data, path, query, contentTypes: contentTypes(request) } as const;
  options.hop.note("received", tenanted, 1);
  const profile = { id: randomUUID(), labels: tenanted, body, receivedAt: Date.now() };
  await deliver(profile, response, caller, options);
}

function withTenantOrRefuse(
  labels: Labels,
  request: IncomingRequest,
  response: OutgoingResponse,
  { tenantHeaders, hop }: IngestOptions,
): Labels | undefined {
  try {
    return withTenant(labels, tenantOfRequest(request, tenantHeaders));
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    hop.note("rejected", labels, 1, error.message);
    request.resume();
    respondText(response, 400, error.message);
    return undefined;
  }
}

/** The labels of a `name`, or why it has none. */
function parseName(name: string): Labels | string {
  const { labels, error } = parseAppName(name);
  return error ?? withServiceName(labels);
}

async function readBodyOrRefuse(
  request: IncomingRequest,
  response: OutgoingResponse,
  { name, labels }: { readonly name: string | undefined; readonly labels: Labels },
  { budget, bodies, hop, log }: IngestOptions,
): Promise<Uint8Array | undefined> {
  // A connection that has ended does not know it any more.
  const client = request.socket.remoteAddress;
  try {
    return await readContent(request, budget, bodies);
  } catch (error) {
    if (!(error instanceof ContentError)) throw error;
    // Who is to come again has lost nothing.
    if (error.retryAfterSeconds === undefined) hop.note("rejected", labels, 1, error.message);
    log.warn("Failed to read request body", { client, name, err: error });
    if (error.retryAfterSeconds !== undefined) response.setHeader("retry-after", String(error.retryAfterSeconds));
    respondText(response, error.status, error.message);
    return undefined;
  }
}

async function deliver(
  profile: Profile,
  response: OutgoingResponse,
  caller: AbortController,
  { receivers, deliveries, memory, bodies, log }: IngestOptions,
): Promise<void> {
  let kept = false;
  const keepBodies = (): void => {
    kept = true;
  };
  try {
    await deliveries.run(caller, () => appendToAll(receivers, profile, memory, { signal: caller.signal, keepBodies }));
    if (!kept) bodies.giveBack(profile.body.data);
    respond(response, 200, {});
  } catch (thrown) {
    const error = DeliveryError.from(thrown);
    log.warn("Failed to ingest profiles", { err: error });
    if (error.status === undefined) respondText(response, 500, "Failed to process request");
    else respondText(response, error.status, statusText(error.status));
  }
}

async function appendToAll(
  receivers: readonly ProfileReceiver[],
  profile: Profile,
  memory: DeliveryMemory,
  context: DeliveryContext,
): Promise<void> {
  const profiles = [profile];
  const call = memory.begin();
  const errors = await deliverToAll(receivers, async (receiver, index) => {
    const failed = await call.once(receiver, profiles, () => receiver.append(profiles, context));
    return failed.map((error) => prefixDeliveryError(`failed to ingest profile to appendable ${index}: `, error));
  });
  call.end(errors);
  if (errors.length > 0) throw joinDeliveryErrors(errors, receivers.length);
}

/** All of them, in order: Node keeps only the first in `headers`. */
function contentTypes({ rawHeaders }: IncomingRequest): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === "content-type") values.push(rawHeaders[at + 1] ?? "");
  }
  return values;
}
