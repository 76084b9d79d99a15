import type { Logger } from "../../component/index.ts";
import type { RunnableNode } from "../nodes/node.ts";
import { errorText } from "../nodes/node-error.ts";

const progressMs = 60_000;

/** One run of a node. */
export class Task {
  readonly node: RunnableNode;
  /** Tasks of one group are stopped one after the other, those of higher rank first. */
  group: number;
  rank: number;
  #ended = false;
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;
  readonly #log: Logger;

  /** Starts running. */
  constructor(node: RunnableNode, group: number, rank: number, log: Logger) {
    this.node = node;
    this.group = group;
    this.rank = rank;
    this.#log = log;
    this.#done = this.#run();
  }

  /** Whether the run is over, for whatever reason. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Asks the node to stop and waits for it, at most `deadlineMs` (0: as long as it takes). Resolves in any case; tells whether it did stop. */
  async stop(deadlineMs: number): Promise<boolean> {
    const { id } = this.node;
    this.#abort.abort();
    const reminder = setInterval(() => this.#log.warn("task shutdown is taking longer than expected", { node: id }), progressMs);
    const deadline = Promise.withResolvers<void>();
    const timer = deadlineMs > 0 ? setTimeout(() => deadline.resolve(), deadlineMs) : undefined;
    await Promise.race([this.#done, deadline.promise]);
    clearInterval(reminder);
    clearTimeout(timer);
    if (!this.#ended) this.#log.warn("task shutdown deadline exceeded", { node: id });
    return this.#ended;
  }

  async #run(): Promise<void> {
    const { id } = this.node;
    try {
      await this.node.run(this.#abort.signal);
      this.#log.info("node exited without error", { node: id });
    } catch (error) {
      this.#log.error("node exited with error", { node: id, err: errorText(error) });
    } finally {
      this.#ended = true;
    }
  }
}
