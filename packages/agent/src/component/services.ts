import type { Labels } from "@flameline/profile";
import type { Journey } from "./journey.ts";
import type { OwnAddresses } from "./own-addresses.ts";

/** What the program offers to all components. */
export interface Services {
  readonly identity: Identity;
  readonly cluster: Cluster;
  readonly ownAddresses: OwnAddresses;
  readonly journey: Journey;
  /** Whether `pyroscope.write` keeps profiles on disk where its configuration does not say: `run --queue.enabled`. */
  readonly queueByDefault: boolean;
}

/** Who this collector is. */
export interface Identity {
  /** UUID kept in `<storage>/alloy_seed.json`, sent as `X-Alloy-Id`. */
  readonly uid: string;
  /** e.g. `v0.1.0`. */
  readonly version: string;
  /** `Alloy/<version> (<os>; <mode>)` in the reference; ours names this program in the same form. */
  readonly userAgent: string;
  /** `host:port` of the program's own HTTP server. */
  readonly listenAddress: string;
}

/** Which targets belong to this instance. Without clustering: all of them. */
export interface Cluster {
  /** Whether this instance owns the target with these labels (`__meta_*` already left out). */
  owns(labels: Labels): boolean;
}
