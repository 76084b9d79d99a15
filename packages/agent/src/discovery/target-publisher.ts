import type { Target } from "../component/target.ts";
import type { TargetGroup } from "./target-group.ts";
import { TargetSets } from "./target-sets.ts";

/** Changes that come faster than this are exported together, milliseconds: each export makes everybody who uses the targets evaluate again. */
export const defaultExportGapMs = 5000;

/** Exports what a discoverer finds: the first targets at once, further changes no more often than once in a gap. */
export class TargetPublisher {
  #sets = new TargetSets();
  readonly #export: (targets: readonly Target[]) => void;
  readonly #gapMs: number;
  #timer: NodeJS.Timeout | undefined;
  /** When it exported last, on the clock of `performance.now()`; undefined before the first export since the last `begin`. */
  #exportedAt: number | undefined;

  constructor(exportTargets: (targets: readonly Target[]) => void, gapMs: number = defaultExportGapMs) {
    this.#export = exportTargets;
    this.#gapMs = gapMs;
  }

  get count(): number {
    return this.#sets.targets.length;
  }

  /** Starts anew, without targets. The ones exported before stay in use until there are others, or one gap long when none are found. */
  begin(): void {
    this.#sets = new TargetSets();
    this.#exportedAt = undefined;
    this.#exportIn(this.#gapMs);
  }

  publish(groups: readonly TargetGroup[]): void {
    if (!this.#sets.apply(groups)) return;
    const now = performance.now();
    const due = this.#exportedAt === undefined ? now : this.#exportedAt + this.#gapMs;
    if (due <= now) this.#exportNow();
    else this.#exportIn(due - now);
  }

  /** Nothing is exported any more until the next `begin`. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #exportIn(delayMs: number): void {
    this.#timer ??= setTimeout(() => this.#exportNow(), delayMs);
  }

  #exportNow(): void {
    this.stop();
    this.#exportedAt = performance.now();
    this.#export(this.#sets.targets);
  }
}
