import type { Labels, PushRequest, PushSeries } from "@flameline/profile";
import { decodePushRequest, decodePushRequestJson, LabelTable, ProfileDataError } from "@flameline/profile";
import type { DeliveryErrors } from "../../component/delivery-errors.ts";
import { deliverToAll, joinDeliveryErrors, prefixDeliveryError } from "../../component/delivery-errors.ts";
import type { DeliveryCall } from "../../component/delivery-memory.ts";
import { DeliveryMemory } from "../../component/delivery-memory.ts";
import type { JourneyHop } from "../../component/journey.ts";
import { unknownSubject } from "../../component/journey.ts";
import type { Profile } from "../../component/profile.ts";
import type { DeliveryCode, DeliveryContext, ProfileReceiver } from "../../component/receiver.ts";
import { DeliveryError } from "../../component/receiver.ts";
import { withTenant } from "./sender-tenant.ts";
import { withServiceName } from "./service-name.ts";

export type PushCodec = "proto" | "json";

export interface PushMessage {
  readonly message: Uint8Array;
  readonly codec: PushCodec;
  /** Empty for none. */
  readonly tenant: string;
}

interface Series {
  /** As the sender wrote them. */
  readonly sent: Labels;
  readonly profiles: readonly Profile[];
}

const emptyMessage = new Uint8Array();
const emptyJson = new TextEncoder().encode("{}");

/** Takes `push.v1` requests. Keeps the label sets of earlier ones, because senders repeat theirs for ever. */
export class PushReceiver {
  readonly #sent: LabelTable = new LabelTable();
  /** The labels of the pipeline for those that were sent, with the tenant of the latest request. */
  readonly #completed = new WeakMap<Labels, { readonly tenant: string; readonly labels: Labels }>();
  readonly #memory = new DeliveryMemory();
  readonly #hop: JourneyHop;

  constructor(hop: JourneyHop) {
    this.#hop = hop;
  }

  /**
   * Hands the series of an encoded `PushRequest` to all receivers at once, to each of them one after the other; a failure keeps no other series and no
   * other receiver from its turn, and when the sender repeats the request, who took a series does not get it again. Resolves to an encoded `PushResponse`;
   * rejects with a {@link DeliveryError} whose code is for the sender.
   */
  async push(
    { message, codec, tenant }: PushMessage,
    receivers: readonly ProfileReceiver[],
    context: DeliveryContext,
  ): Promise<Uint8Array> {
    const request = this.#decode(message, codec);
    const receivedAt = Date.now();
    const series = request.map((one) => this.#profilesOf(one, tenant, receivedAt));
    const call = this.#memory.begin();
    const errors = await deliverToAll(receivers, (receiver, index) => appendAll(receiver, index, series, call, context));
    call.end(errors);
    if (errors.length === 0) return codec === "proto" ? emptyMessage : emptyJson;
    const error = joinDeliveryErrors(errors, receivers.length * series.length);
    throw new DeliveryError(error.message, { code: codeForSender(error), retryable: error.retryable, cause: error });
  }

  #decode(message: Uint8Array, codec: PushCodec): PushRequest {
    try {
      if (codec === "proto") return decodePushRequest(message, { labels: this.#sent });
      return decodePushRequestJson(new TextDecoder().decode(message));
    } catch (error) {
      if (!(error instanceof ProfileDataError)) throw error;
      const code = error.code === "too_large" ? "resource_exhausted" : "invalid_argument";
      const text = `unmarshal message: ${error.message}`;
      this.#hop.note("rejected", unknownSubject, 1, text);
      throw new DeliveryError(text, { code, retryable: false, cause: error });
    }
  }

  #profilesOf({ labels: sent, samples }: PushSeries, tenant: string, receivedAt: number): Series {
    const labels = this.#complete(sent, tenant);
    this.#hop.note("received", labels, samples.length);
    const profiles = samples.map(({ id, raw }): Profile => ({ id, labels, body: { kind: "pprof", data: raw }, receivedAt }));
    return { sent, profiles };
  }

  #complete(sent: Labels, tenant: string): Labels {
    const known = this.#completed.get(sent);
    if (known?.tenant === tenant) return known.labels;
    const labels = withTenant(withServiceName(sent), tenant);
    this.#completed.set(sent, { tenant, labels });
    return labels;
  }
}

async function appendAll(
  receiver: ProfileReceiver,
  index: number,
  all: readonly Series[],
  call: DeliveryCall,
  context: DeliveryContext,
): Promise<DeliveryErrors> {
  const errors: DeliveryError[] = [];
  for (const { sent, profiles } of all) {
    for (const error of await call.once(receiver, profiles, () => receiver.append(profiles, context))) {
      errors.push(prefixDeliveryError(`unable to append series ${sent.toString()} to appendable ${index}: `, error));
    }
  }
  return errors;
}

/** Codes at which senders try again. */
const retriedCodes: ReadonlySet<DeliveryCode> = new Set<DeliveryCode>([
  "unknown",
  "internal",
  "unavailable",
  "deadline_exceeded",
  "aborted",
  "data_loss",
]);

/** `internal` for what may pass, as the reference answers everything; for the rest a code that tells the sender not to repeat it. */
function codeForSender({ code, retryable }: DeliveryError): DeliveryCode {
  if (retryable) return "internal";
  return retriedCodes.has(code) ? "invalid_argument" : code;
}
