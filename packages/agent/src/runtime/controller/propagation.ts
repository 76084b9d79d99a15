import type { LiveNode } from "../nodes/node.ts";
import type { ControllerMetrics } from "./controller-metrics.ts";

export interface PropagationOptions {
  /** The nodes of the configuration in force that refer to this one. */
  readonly dependantsOf: (node: LiveNode) => readonly LiveNode[];
  /** Evaluates a node because of a change at the time `since`, in milliseconds of `performance.now()`. Reports failures itself. */
  readonly evaluate: (node: LiveNode, since: number) => Promise<void>;
  readonly metrics: ControllerMetrics;
}

/**
 * Carries changed exports on: whoever refers to a changed node is evaluated again, once for all changes that came before its turn, and never twice at the
 * same time. Only direct dependants are: what they export in turn carries on by itself.
 */
export class Propagation {
  readonly #options: PropagationOptions;
  readonly #changed = new Map<LiveNode, number>();
  readonly #waiting = new Map<LiveNode, number>();
  readonly #working = new Map<LiveNode, Promise<void>>();
  #open = false;
  #flush: NodeJS.Immediate | undefined;

  constructor(options: PropagationOptions) {
    this.#options = options;
  }

  /** To be called when the exports of a node have changed. Until `start` changes are only remembered. */
  changed(node: LiveNode): void {
    if (!this.#changed.has(node)) this.#changed.set(node, performance.now());
    this.#schedule();
  }

  /** Everybody who refers to the node is going to be evaluated anyway. */
  settled(node: LiveNode): void {
    this.#changed.delete(node);
  }

  start(): void {
    this.#open = true;
    this.#schedule();
  }

  /** Starts no evaluation any more; resolves when those under way have ended. */
  async stop(): Promise<void> {
    this.#open = false;
    clearImmediate(this.#flush);
    this.#changed.clear();
    this.#waiting.clear();
    await Promise.all(this.#working.values());
  }

  #schedule(): void {
    if (!this.#open || this.#changed.size === 0 || this.#flush !== undefined) return;
    this.#flush = setImmediate(() => {
      this.#flush = undefined;
      this.#submitDependants();
    });
  }

  #submitDependants(): void {
    const { dependantsOf, metrics } = this.#options;
    metrics.evaluating.set(1);
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const [node, since] of changed) {
      for (const dependant of dependantsOf(node)) this.#submit(dependant, since);
    }
    metrics.evaluating.set(0);
  }

  #submit(node: LiveNode, since: number): void {
    if (this.#waiting.has(node)) return;
    this.#waiting.set(node, since);
    this.#options.metrics.queueSize.set(this.#waiting.size);
    if (!this.#working.has(node)) this.#working.set(node, this.#work(node));
  }

  async #work(node: LiveNode): Promise<void> {
    // Lets the whole batch be submitted before its first evaluation.
    await Promise.resolve();
    try {
      for (let since = this.#waiting.get(node); since !== undefined; since = this.#waiting.get(node)) {
        this.#waiting.delete(node);
        this.#options.metrics.queueSize.set(this.#waiting.size);
        await this.#options.evaluate(node, since);
      }
    } finally {
      this.#working.delete(node);
    }
  }
}
