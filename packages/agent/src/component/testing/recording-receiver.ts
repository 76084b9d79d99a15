import type { Profile } from "../profile.ts";
import type { DeliveryContext, ProfileReceiver } from "../receiver.ts";

/** Keeps what it gets, call by call; what a call ends with can be chosen. */
export class RecordingReceiver implements ProfileReceiver {
  readonly calls: { readonly profiles: readonly Profile[]; readonly context: DeliveryContext }[] = [];
  outcome: (profiles: readonly Profile[], context: DeliveryContext) => void | Promise<void>;

  constructor(outcome: RecordingReceiver["outcome"] = () => undefined) {
    this.outcome = outcome;
  }

  async append(profiles: readonly Profile[], context: DeliveryContext): Promise<void> {
    this.calls.push({ profiles, context });
    await this.outcome(profiles, context);
  }

  get profiles(): readonly Profile[] {
    return this.calls.flatMap(({ profiles }) => profiles);
  }
}
