import type { Value } from "../../schema/index.ts";
import { Capsule } from "../../schema/index.ts";

/** Targets that a component has just published. */
export interface LiveEvent {
  /** Global id of the component. */
  readonly componentId: string;
  /** One line a target. */
  readonly lines: () => readonly string[];
  readonly count: number;
}

type Listener = (event: LiveEvent) => void;

/** Whether what a component of this name publishes can be watched: those that find targets. */
export function supportsLiveDebugging(name: string): boolean {
  return name.startsWith("discovery.");
}

/** Tells whoever watches what components publish. Costs nothing while nobody does. */
export class LiveFeed {
  readonly #listeners = new Set<Listener>();

  /** Returns what ends the subscription. The listener must not throw. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  published(componentId: string, exports: ReadonlyMap<string, Value>): void {
    if (this.#listeners.size === 0) return;
    const event = liveEvent(componentId, exports);
    for (const listener of this.#listeners) listener(event);
  }
}

/** What is published at the moment. */
export function liveEvent(componentId: string, exports: ReadonlyMap<string, Value>): LiveEvent {
  const targets = [...exports.values()].flatMap((value) => (Array.isArray(value) ? (value as readonly Value[]) : []));
  return { componentId, count: targets.length, lines: () => targets.map(targetLine) };
}

function targetLine(target: Value): string {
  const members = target instanceof Capsule ? target.members() : undefined;
  if (members === undefined) return "";
  return `{${[...members].map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")}}`;
}
