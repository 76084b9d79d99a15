import type { Labels, RepairedLabels, RepairKind } from "@flameline/profile";
import { defaultProfileLimits, isGzip, ProfileDataError, repairLabels, repairProfile, unpacked } from "@flameline/profile";
import type { DeliveryError } from "../../../component/receiver.ts";
import type { RepairSettings } from "./arguments.ts";
import { nodeGzip } from "./gzip.ts";

/** A pprof beside its labels, ready to be sent. */
export interface DeliverableProfile {
  readonly labels: Labels;
  /** Gzip or plain, as it was before. */
  readonly data: Uint8Array;
}

export interface Repair {
  /** Several when the profile had to be split; to be sent one by one, together they would exceed the same limits. The values of all add up. */
  readonly profiles: readonly DeliverableProfile[];
  /** What was repaired, each kind once; empty when labels and data are the very same objects as before. */
  readonly kinds: readonly RepairKind[];
}

export interface RepairOccasion {
  /** The server has refused the profile: it is looked into. Before that only its labels and its size are. */
  readonly refused: boolean;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

const sizeKinds: readonly RepairKind[] = ["size", "sample_count"];

/**
 * Makes profiles acceptable to a server that would only refuse them. A healthy profile costs a lookup by its labels and a look at the size that its gzip
 * claims; anything inside is looked for only when that size is too large, or once the server has refused the profile.
 */
export class Repairer {
  readonly #settings: RepairSettings;
  readonly #sizeKinds: ReadonlySet<RepairKind>;
  /** Pipelines hand on the same label sets again and again. */
  readonly #labels = new WeakMap<Labels, RepairedLabels>();

  constructor(settings: RepairSettings) {
    this.#settings = settings;
    this.#sizeKinds = new Set(sizeKinds.filter((kind) => settings.kinds.has(kind)));
  }

  /** `labels` are those that will be sent, external ones among them. What cannot be repaired comes out as it is. */
  repair(labels: Labels, data: Uint8Array, { refused, now = Date.now() }: RepairOccasion): Repair {
    const outside = this.repairLabels(labels);
    const kinds = refused ? this.#settings.kinds : this.#sizeKinds;
    const isSuspect = refused || (kinds.size > 0 && claimedSize(data) > this.#settings.limits.maxProfileBytes);
    const inside = isSuspect && kinds.size > 0 ? this.#repairData(outside.labels, data, kinds, now) : undefined;
    return {
      profiles: (inside?.parts ?? [data]).map((part) => ({ labels: outside.labels, data: part })),
      kinds: inside === undefined ? outside.kinds : [...new Set([...outside.kinds, ...inside.kinds])],
    };
  }

  /** The labels alone, equal results for equal objects. */
  repairLabels(labels: Labels): RepairedLabels {
    let repaired = this.#labels.get(labels);
    if (repaired === undefined) {
      repaired = repairLabels(labels, this.#settings);
      this.#labels.set(labels, repaired);
    }
    return repaired;
  }

  #repairData(
    labels: Labels,
    data: Uint8Array,
    kinds: ReadonlySet<RepairKind>,
    now: number,
  ): { readonly parts: readonly Uint8Array[]; readonly kinds: readonly RepairKind[] } | undefined {
    try {
      const plain = unpacked(data, nodeGzip, defaultProfileLimits.maxBytes);
      const repaired = repairProfile(plain, labels, { limits: this.#settings.limits, kinds, now });
      if (repaired.kinds.length === 0) return undefined;
      return isGzip(data) ? { ...repaired, parts: repaired.parts.map((part) => nodeGzip.gzip(part)) } : repaired;
    } catch (error) {
      if (error instanceof ProfileDataError) return undefined;
      throw error;
    }
  }
}

/** Whether a refusal may be due to the profile rather than to the sender, so that it is worth a repair. */
export function mayBeRepaired({ code, status, retryable }: DeliveryError): boolean {
  return !retryable && (code === "invalid_argument" || code === "out_of_range" || status === 400 || status === 413 || status === 422);
}

/** Bytes of the profile unpacked, as the last four bytes of gzip say (RFC 1952, 2.3.1). Not to be trusted, but nobody gains by a lie. */
function claimedSize(data: Uint8Array): number {
  if (!isGzip(data) || data.length < 18) return data.length;
  return new DataView(data.buffer, data.byteOffset + data.length - 4, 4).getUint32(0, true);
}
