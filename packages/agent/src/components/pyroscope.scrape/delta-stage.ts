import { cumulativeTypes, DeltaComputer, isGzip } from "@flameline/profile";
import type { PreparedProfile, ProfileStage } from "./forward-profile.ts";
import { gunzip, nodeGzip } from "./gzip.ts";

/**
 * Profiles that show totals since the target's start become the difference to the last one that got through; the first one is only remembered.
 * What could not be handed over is part of the next difference.
 */
export class DeltaStage implements ProfileStage {
  readonly #computer: DeltaComputer;
  readonly #maxBytes: number;

  /** `profileType` is the profile's `__name__`; `maxBytes` bounds a profile after unpacking. */
  constructor(profileType: string, maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#computer = new DeltaComputer({ counters: cumulativeTypes[profileType] ?? [], gzip: nodeGzip });
  }

  async prepare(data: Uint8Array): Promise<PreparedProfile | undefined> {
    const result = this.#computer.compute(await this.#unpack(data));
    if (result.kind === "baseline") return undefined;
    return {
      data: result.profile,
      commit: () => {
        result.commit();
      },
      rollback: () => {
        result.rollback();
        return true;
      },
    };
  }

  async #unpack(data: Uint8Array): Promise<Uint8Array> {
    if (!isGzip(data)) return data;
    try {
      return await gunzip(data, this.#maxBytes);
    } catch (error) {
      throw new Error(`decompressing profile: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}
