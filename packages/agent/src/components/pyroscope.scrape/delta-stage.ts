import { cumulativeTypes, type Delta, DeltaComputer, isGzip } from "@flameline/profile";
import { countBodyBytes } from "../../http/server/body-garbage.ts";
import type { DeltaBudget, DeltaState } from "./delta-budget.ts";
import type { PreparedProfile, ProfileStage } from "./forward-profile.ts";
import { gunzip, nodeGzip } from "./gzip.ts";

/**
 * Profiles that show totals since the target's start become the difference to the last one that got through; the first one is only remembered.
 * What could not be handed over is part of the next difference. While the budget has no room for what is remembered, profiles are dropped.
 */
export class DeltaStage implements ProfileStage, DeltaState {
  readonly profileType: string;
  readonly #computer: DeltaComputer;
  readonly #budget: DeltaBudget;
  readonly #maxBytes: number;

  /** `profileType` is the profile's `__name__`; `maxBytes` bounds a profile after unpacking. */
  constructor(profileType: string, budget: DeltaBudget, maxBytes: number) {
    this.profileType = profileType;
    this.#budget = budget;
    this.#maxBytes = maxBytes;
    this.#computer = new DeltaComputer({ counters: cumulativeTypes[profileType] ?? [], gzip: nodeGzip });
  }

  get heldBytes(): number {
    return this.#budget.bytesOf(this);
  }

  ready(): boolean {
    return this.#budget.admit(this);
  }

  async prepare(data: Uint8Array): Promise<PreparedProfile | undefined> {
    const plain = await this.#unpack(data);
    countBodyBytes(plain.length);
    // Memory may have become short since the profile was asked for.
    if (!this.#budget.admit(this)) return undefined;
    try {
      const result = this.#computer.compute(plain);
      if (result.kind === "delta") countBodyBytes(result.profile.length);
      return result.kind === "baseline" ? undefined : this.#prepared(result);
    } finally {
      this.#account();
    }
  }

  forget(): void {
    this.#computer.forget();
  }

  release(): void {
    this.#computer.forget();
    this.#budget.release(this);
  }

  #prepared(delta: Delta): PreparedProfile {
    return {
      data: delta.profile,
      commit: () => {
        delta.commit();
        this.#account();
      },
      rollback: () => {
        const kept = delta.rollback();
        this.#account();
        return kept;
      },
    };
  }

  #account(): void {
    if (!this.#budget.isShed(this)) this.#budget.account(this, this.#computer.heldBytes);
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
