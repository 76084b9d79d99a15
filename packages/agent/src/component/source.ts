import type { Component, Stability } from "./define.ts";

/** A component that is known by name; its code is imported when a configuration uses it. */
export interface ComponentSource {
  readonly name: string;
  readonly stability: Stability;
  load(): Promise<Component>;
}
