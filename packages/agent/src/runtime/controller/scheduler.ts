import type { Logger } from "../../component/index.ts";
import type { RunnableNode } from "../nodes/node.ts";
import { Task } from "./task.ts";

/** A node that should be running. */
export interface Planned {
  readonly node: RunnableNode;
  /** Nodes of different groups do not depend on each other. */
  readonly group: number;
}

export interface SchedulerOptions {
  /** How long a task may take to stop, in milliseconds; 0 means without limit. */
  readonly deadlineMs: number;
  readonly log: Logger;
}

/**
 * Runs the nodes of the configuration in force. Tasks start after what they depend on (without waiting for it to be ready) and stop before it; everything
 * that goes has stopped before anything new starts.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  #plan: readonly Planned[] = [];
  #removed: RunnableNode[] = [];
  #tasks: Task[] = [];
  #state: "waiting" | "open" | "closed" = "waiting";
  #due = false;
  #passes: Promise<void> = Promise.resolve();
  readonly #leaving = new Map<string, Promise<void>>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Takes a new plan, dependencies first; `removed` are nodes of the last one that are gone. Takes effect by and by. */
  replan(plan: readonly Planned[], removed: readonly RunnableNode[]): void {
    this.#plan = plan;
    this.#removed.push(...removed);
    // What is removed keeps the rank that it had among its like.
    const places = new Map(plan.map(({ node, group }, rank) => [node, { group, rank }]));
    for (const task of this.#tasks) Object.assign(task, places.get(task.node));
    const gone = this.request();
    for (const { id } of removed) this.#announceLeaving(id, gone);
  }

  /** Resolves when the last removed node of this id has stopped; undefined when there is none that has not. */
  leaving(id: string): Promise<void> | undefined {
    return this.#leaving.get(id);
  }

  /** To be called when a planned node has got something to run. Resolves when it has been seen to. */
  request(): Promise<void> {
    if (!this.#due) {
      this.#due = true;
      this.#passes = this.#passes.then(() => this.#pass());
    }
    return this.#passes;
  }

  /** Nothing runs before. */
  start(): void {
    this.#state = "open";
    void this.request();
  }

  /** Stops every task and gives everything back, also what never ran. */
  async stop(): Promise<void> {
    this.#state = "closed";
    await this.request();
  }

  async #pass(): Promise<void> {
    this.#due = false;
    if (this.#state === "closed") {
      this.#removed.push(...this.#plan.map(({ node }) => node));
      this.#plan = [];
    }
    // More may have been removed while the first ones were stopping.
    while (this.#removed.length > 0) await this.#remove(this.#removed.splice(0));
    if (this.#state === "open") this.#startAll();
  }

  #announceLeaving(id: string, gone: Promise<void>): void {
    this.#leaving.set(id, gone);
    void gone.then(() => {
      if (this.#leaving.get(id) === gone) this.#leaving.delete(id);
    });
  }

  async #remove(nodes: readonly RunnableNode[]): Promise<void> {
    const gone = new Set(nodes);
    const groups = Map.groupBy(
      this.#tasks.filter(({ node }) => gone.has(node)),
      ({ group }) => group,
    );
    this.#tasks = this.#tasks.filter(({ node }) => !gone.has(node));
    const stuck = new Set<RunnableNode>();
    await Promise.all(
      [...groups.values()].map(async (tasks) => {
        for (const task of tasks.toSorted((a, b) => b.rank - a.rank)) {
          if (!(await task.stop(this.#options.deadlineMs))) stuck.add(task.node);
        }
      }),
    );
    await Promise.all(nodes.filter((node) => !stuck.has(node)).map((node) => node.dispose()));
  }

  #startAll(): void {
    this.#tasks = this.#tasks.filter(({ ended }) => !ended);
    for (const [rank, { node, group }] of this.#plan.entries()) {
      if (node.runnable) this.#tasks.push(new Task(node, group, rank, this.#options.log));
    }
  }
}
