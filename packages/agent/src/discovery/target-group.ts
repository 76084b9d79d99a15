import type { Labels } from "@flameline/profile";

/** Targets that one source names: a URL's group, a file, a pod. A source is replaced as a whole; one without targets is gone. */
export interface TargetGroup {
  /** Unique among the groups of a discoverer; targets are exported in the order of their sources. */
  readonly source: string;
  /** What all targets of the source share is in each of them. */
  readonly targets: readonly Labels[];
}
