import { setImmediate as tick } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { Vertex } from "../graph/vertex.ts";
import { aborted } from "../nodes/aborted.ts";
import type { RunnableNode } from "../nodes/node.ts";
import type { Planned } from "./scheduler.ts";
import { Scheduler } from "./scheduler.ts";
import { TestProgram } from "../testing/test-program.ts";

type Behaviour = "runs" | "ends" | "sticks";

/** A node without a configuration that writes down what happens to it. */
function node(id: string, events: string[], behaviour: Behaviour = "runs"): RunnableNode & { runnable: boolean } {
  const vertex: Vertex = { kind: "service", id, block: undefined, service: { name: id } };
  return {
    id,
    vertex,
    exports: undefined,
    runnable: true,
    assign: () => {},
    check: async () => "ready",
    settle: () => {},
    revert: async () => {},
    evaluate: () => Promise.resolve(),
    async run(signal) {
      this.runnable = false;
      events.push(`${id}+`);
      if (behaviour === "ends") return;
      await aborted(signal);
      if (behaviour === "sticks") await new Promise(() => {});
      await tick();
      events.push(`${id}-`);
    },
    async dispose() {
      events.push(`${id}.`);
    },
  };
}

function planOf(...nodes: readonly RunnableNode[]): readonly Planned[] {
  return nodes.map((one) => ({ node: one, group: 0 }));
}

function scheduler(deadlineMs = 0): { readonly scheduler: Scheduler; readonly program: TestProgram } {
  const program = new TestProgram();
  return { program, scheduler: new Scheduler({ deadlineMs, log: program.options.log }) };
}

describe("Scheduler", () => {
  it("starts dependencies first and stops them last", async () => {
    const events: string[] = [];
    const { scheduler: tasks } = scheduler();
    tasks.replan(planOf(node("a", events), node("b", events), node("c", events)), []);
    await tick();
    expect(events).toEqual([]);
    tasks.start();
    await tick();
    expect(events).toEqual(["a+", "b+", "c+"]);
    await tasks.stop();
    expect(events.slice(3, 6)).toEqual(["c-", "b-", "a-"]);
  });

  it("lets everything that goes end before anything starts", async () => {
    const events: string[] = [];
    const { scheduler: tasks } = scheduler();
    const [a, b, c] = [node("a", events), node("b", events), node("c", events)];
    tasks.start();
    tasks.replan(planOf(a, b), []);
    await tick();
    tasks.replan(planOf(c, b), [a]);
    await tick();
    await tick();
    await tick();
    expect(events).toEqual(["a+", "b+", "a-", "a.", "c+"]);
    await tasks.stop();
    expect(events.slice(5, 7)).toEqual(["b-", "c-"]);
  });

  it("sees to a plan that comes while the last one is being seen to", async () => {
    const events: string[] = [];
    const { scheduler: tasks } = scheduler();
    const [a, b, c, never] = [node("a", events), node("b", events), node("c", events), node("never", events)];
    tasks.start();
    tasks.replan(planOf(a, b), []);
    await tick();
    tasks.replan(planOf(b, never), [a]);
    await tick();
    expect(events).toEqual(["a+", "b+"]);
    tasks.replan(planOf(c), [b, never]);
    await tasks.leaving("b");
    expect(events.slice(2)).toEqual(["a-", "a.", "b-", "b.", "never.", "c+"]);
    expect(tasks.leaving("b")).toBeUndefined();
    await tasks.stop();
  });

  it("gives back what never ran", async () => {
    const events: string[] = [];
    const { scheduler: tasks } = scheduler();
    const unused = node("unused", events);
    tasks.replan(planOf(), [unused]);
    await tasks.stop();
    expect(events).toEqual(["unused."]);
  });

  it("does not run again what has ended, unless it has something new", async () => {
    const events: string[] = [];
    const { scheduler: tasks } = scheduler();
    const brief = node("brief", events, "ends");
    tasks.start();
    tasks.replan(planOf(brief), []);
    await tick();
    tasks.replan(planOf(brief), []);
    await tick();
    expect(events).toEqual(["brief+"]);
    brief.runnable = true;
    void tasks.request();
    await tick();
    expect(events).toEqual(["brief+", "brief+"]);
    await tasks.stop();
  });

  it("says each minute that a task takes long, and gives up on it after the deadline", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "clearInterval", "clearTimeout"] });
    const events: string[] = [];
    const { scheduler: tasks, program } = scheduler(150_000);
    tasks.start();
    tasks.replan(planOf(node("a", events), node("stuck", events, "sticks")), []);
    await tick();
    const stopped = tasks.stop();
    await tick();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(program.messages("warn")).toEqual([
      "task shutdown is taking longer than expected",
      "task shutdown is taking longer than expected",
    ]);
    await vi.advanceTimersByTimeAsync(30_000);
    await stopped;
    vi.useRealTimers();
    expect(program.messages("warn")).toEqual([...program.messages("warn").slice(0, 2), "task shutdown deadline exceeded"]);
    expect(events).toEqual(["a+", "stuck+", "a-", "a."]);
  });
});
