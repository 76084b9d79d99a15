import type { Component, Stability } from "./define.ts";

/** A component that is known by name; its code is imported when a configuration uses it. */
export interface ComponentSource {
  readonly name: string;
  readonly stability: Stability;
  /** Maintained by the community: needs a flag of its own, whatever its stability. */
  readonly community?: boolean;
  load(): Promise<Component>;
}
