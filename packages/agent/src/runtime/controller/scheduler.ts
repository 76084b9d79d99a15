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

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Takes a new plan, dependencies first; `removed` are nodes of the last one that are gone. Takes effect by and by. */
  replan(plan: readonly Planned[], removed: readonly RunnableNode[]): void {
    this.#plan = plan;
    this.#removed.push(...removed);
    this.request();
  }

  /** To be called when a planned node has got something to run. */
  request(): void {
    if (this.#state === "waiting" || this.#due) return;
    this.#due = true;
    this.#passes = this.#passes.then(() => this.#pass());
  }

  /** Nothing runs before. */
  start(): void {
    this.#state = "open";
    this.request();
  }

  /** Stops every task and gives everything back, also what never ran. */
  async stop(): Promise<void> {
    this.#state = "closed";
    this.request();
    await this.#passes;
  }

  async #pass(): Promise<void> {
    this.#due = false;
    if (this.#state === "closed") {
      this.#removed.push(...this.#plan.map(({ node }) => node));
      this.#plan = [];
    }
    // A later plan is the matter of a later pass.
    const plan = this.#plan;
    const removed = this.#removed;
    this.#removed = [];
    this.#rank(plan);
    await this.#remove(removed);
    if (this.#state === "open") this.#startAll(plan);
  }

  /** What is removed keeps the rank that it had among its like. */
  #rank(plan: readonly Planned[]): void {
    const places = new Map(plan.map(({ node, group }, rank) => [node, { group, rank }]));
    for (const task of this.#tasks) Object.assign(task, places.get(task.node));
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

  #startAll(plan: readonly Planned[]): void {
    this.#tasks = this.#tasks.filter(({ ended }) => !ended);
    for (const [rank, { node, group }] of plan.entries()) {
      if (node.runnable) this.#tasks.push(new Task(node, group, rank, this.#options.log));
    }
  }
}
