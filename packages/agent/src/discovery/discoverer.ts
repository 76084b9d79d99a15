import type { Identity, Logger, Metrics } from "../component/index.ts";
import type { SourceHealth } from "./source-health.ts";
import type { TargetGroup } from "./target-group.ts";

/** What a discoverer gets when it is made. */
export interface DiscoveryContext {
  /** Global id of the component. */
  readonly id: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly identity: Identity;
  /** To be told when a source cannot be read, and when it can again. */
  readonly health: SourceHealth;
}

export type PublishGroups = (groups: readonly TargetGroup[]) => void;

/** Finds targets for as long as it runs. It is replaced when its component's arguments change. */
export interface Discoverer<A = never> {
  /**
   * Publishes groups, those that change only, until `signal` aborts; then releases everything and resolves soon. What cannot be read at the moment
   * is logged, counted and reported, and leaves the groups as they are. Rejects only when it can never go on: that ends the component.
   */
  run(publish: PublishGroups, signal: AbortSignal): Promise<void>;
  /**
   * Takes changed arguments while it goes on, and publishes what they change. False when it cannot: another discoverer takes its place then. Absent: it
   * never can.
   */
  update?(args: A): boolean;
  /** Called instead of `run` when it is thrown away before. */
  discard?(): void | Promise<void>;
}
