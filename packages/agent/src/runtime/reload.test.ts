import { setImmediate as tick } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { BlockDefinition } from "../schema/index.ts";
import { attr, defineBlock, string } from "../schema/index.ts";
import { Probes, probe } from "./testing/probe.ts";
import { TestProgram, shortForms } from "./testing/test-program.ts";

const programs: TestProgram[] = [];

/** A program that runs `config`, with nothing in its list of events. */
async function running(config: string, slowness = 0): Promise<{ readonly test: TestProgram; readonly probes: Probes }> {
  const probes = new Probes(slowness);
  const test = new TestProgram({ components: probes.sources });
  programs.push(test);
  expect(await test.load(config)).toEqual([]);
  test.start();
  await settled();
  probes.take();
  return { test, probes };
}

/** Until the scheduler and the propagation have done what there was to do. */
async function settled(): Promise<void> {
  for (let round = 0; round < 10; round += 1) await tick();
}

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop()));
});

describe("A reload", () => {
  it("leaves alone what did not change and updates what did", async () => {
    const { test, probes } = await running(probe("a", "input = 1") + probe("b", "input = {x = [1]}"));
    expect(await test.load(probe("a", "input = 2") + probe("b", "input = {x = [1]}"))).toEqual([]);
    await settled();
    expect(probes.take()).toEqual(["update a"]);
    expect(test.component("test.probe.b").health).toMatchObject({ state: "healthy", message: "component evaluated" });
  });

  it("evaluates anew what comes from outside", async () => {
    vi.stubEnv("RELOAD_TEST", "one");
    const config = probe("a", 'input = sys.env("RELOAD_TEST")');
    const { test, probes } = await running(config);
    vi.stubEnv("RELOAD_TEST", "two");
    await test.load(config);
    vi.unstubAllEnvs();
    expect(probes.take()).toEqual(["update a"]);
    expect(test.argumentsOf("test.probe.a")).toEqual({ input: "two" });
  });

  it("stops what is gone before it starts what is new", async () => {
    const { test, probes } = await running(probe("a") + probe("b"));
    await test.load(probe("c") + probe("b"));
    await settled();
    expect(probes.take()).toEqual(["build c", "stop a", "run c"]);
    expect(test.runtime.inspect.component("test.probe.a")).toBeUndefined();
  });

  it("replaces an instance that ended by itself", async () => {
    const { test, probes } = await running(probe("a", "end = true"));
    expect(test.component("test.probe.a").health).toMatchObject({ state: "exited", message: "component shut down cleanly" });
    await test.load(probe("a", "end = true"));
    await settled();
    expect(probes.take()).toEqual(["build a#2", "run a#2", "stop a#2"]);
  });
});

describe("A reload that is wrong as a whole", () => {
  it.each([
    ["a syntax error", "x {"],
    ["an unknown component", probe("a", "input = 2") + 'nope.x "y" { }'],
    ["a bad reference", probe("a", "input = test.probe.nope.output")],
    ["a circle", probe("a", "input = test.probe.b.output") + probe("b", "input = test.probe.a.output")],
    ["an id twice", probe("a", "input = 2") + probe("a")],
  ])("changes nothing: %s", async (_name, bad) => {
    const { test, probes } = await running(probe("a", 'output = "x"') + probe("b", "input = test.probe.a.output"));
    const before = test.runtime.inspect.components();
    expect(await test.load(bad)).not.toEqual([]);
    await settled();
    expect(test.runtime.inspect.components()).toEqual(before);
    expect(probes.take()).toEqual([]);
    // The old configuration is what later changes of exports are evaluated against.
    probes.publish("a", "y");
    await settled();
    expect(probes.take()).toEqual(["update b"]);
    expect(test.argumentsOf("test.probe.b")).toEqual({ input: "y" });
  });
});

describe("A reload in which a component refuses", () => {
  const old = probe("a", "input = 1") + probe("gone");

  it("changes nothing, and what was built for it is given back", async () => {
    const { test, probes } = await running(old);
    const diagnostics = await test.diagnose(probe("a", "input = 2") + probe("new") + probe("bad", 'refuse = "never"'));
    expect(shortForms(diagnostics)).toEqual(["6:1: Failed to build component: building component: never"]);
    await settled();
    expect(probes.take()).toEqual(["build new", "discard new"]);
    expect(test.argumentsOf("test.probe.a")).toEqual({ input: 1 });
    expect(test.runtime.inspect.components()?.map(({ localID, health }) => [localID, health.state])).toEqual([
      ["test.probe.a", "healthy"],
      ["test.probe.gone", "healthy"],
    ]);
    expect(test.runtime.inspect.unhealthyNames()).toEqual([]);
    expect(test.metrics.render()).not.toContain('component_id="test.probe.new"');
  });

  it("says so at the one in force that refused, which is as healthy as before", async () => {
    const { test, probes } = await running(old);
    const bad = probe("a", "input = 2", 'refuse = "because"') + probe("gone", "input = test.probe.a.output");
    expect(await test.load(bad)).toEqual(["1:1: Failed to build component: updating component: because"]);
    await settled();
    expect(probes.take()).toEqual([]);
    expect(test.argumentsOf("test.probe.a")).toEqual({ input: 1 });
    expect(test.component("test.probe.a").health).toMatchObject({
      state: "unhealthy",
      message: "component evaluation failed: updating component: because",
    });
    expect(test.component("test.probe.gone").health.state).toBe("healthy");
    expect(test.runtime.inspect.unhealthyNames()).toEqual([]);
    expect(test.argumentsOf("test.probe.gone")).toEqual({});
    expect(test.metric('alloy_component_controller_running_components{controller_id="",controller_path="/",health_type="healthy"}')).toBe(
      "2",
    );
    expect(await test.load(probe("a", "input = 2"))).toEqual([]);
    expect(test.component("test.probe.a").health).toMatchObject({ state: "healthy" });
  });

  it("takes back updates, also of what was seen through them", async () => {
    const { test, probes } = await running(probe("a", 'output = "x"') + probe("b", "input = test.probe.a.output") + probe("c"));
    const bad = probe("a", 'output = "y"') + probe("b", "input = test.probe.a.output") + probe("c", "input = 1", 'refuse = "no"');
    expect(await test.load(bad)).toHaveLength(1);
    await settled();
    expect(probes.take()).toEqual(["update a", "update b", "update b", "update a"]);
    expect(test.exportsOf("test.probe.a")).toEqual({ output: "x" });
    expect(test.argumentsOf("test.probe.b")).toEqual({ input: "x" });
    probes.publish("a", "z");
    await settled();
    expect(test.argumentsOf("test.probe.b")).toEqual({ input: "z" });
  });

  it("does not touch what runs when it cannot be read, whatever else is due", async () => {
    const { test, probes } = await running(probe("a", 'output = "x"') + probe("b"));
    expect(await test.load(probe("a", 'output = "y"') + probe("b", "input = nothing()"))).toHaveLength(1);
    expect(await test.load(probe("a", 'output = "y"') + probe("b", "input = 1 + []"))).toHaveLength(1);
    expect(probes.take()).toEqual([]);
  });

  it("judges by what a component exports after its update", async () => {
    const { test, probes } = await running(probe("a", 'output = "x"') + probe("b", "input = {x = 1}[test.probe.a.output] + 1"));
    expect(await test.load(probe("a", 'output = "y"') + probe("b", "input = {y = 2}[test.probe.a.output] + 1"))).toEqual([]);
    expect(probes.take()).toEqual(["update a", "update b"]);
    expect(test.argumentsOf("test.probe.b")).toEqual({ input: 3 });
  });

  it("keeps what a component published meanwhile", async () => {
    const old = probe("a") + probe("b", "input = test.probe.c.output") + probe("c", 'output = "x"');
    const { test, probes } = await running(old, 5);
    const load = test.load(old.replace("input = test", 'refuse = "no"\n input = test').replace('"a" {', '"a" {\n input = 1'));
    for (let round = 0; round < 3; round += 1) await tick();
    expect(probes.take()).toEqual(["update a"]);
    probes.publish("c", "late");
    expect(await load).toHaveLength(1);
    await settled();
    expect(probes.take()).toEqual(["update a", "update b"]);
    expect(test.argumentsOf("test.probe.b")).toEqual({ input: "late" });
  });

  it("does not replace an instance that ended by itself", async () => {
    const { test, probes } = await running(probe("a", "end = true") + probe("b"));
    expect(await test.load(probe("a", "end = true") + probe("b", 'refuse = "no"'))).toHaveLength(1);
    await settled();
    expect(probes.take()).toEqual(["build a#2", "discard a#2"]);
    expect(test.component("test.probe.a").health.state).toBe("exited");
  });

  it("takes back the settings of the program, and does not touch them before everything else is done", async () => {
    const applied: string[] = [];
    const definition = defineBlock({ fields: { level: attr(string, { doc: "For tests." }) } }) as BlockDefinition<unknown>;
    const probes = new Probes();
    const apply = (name: string) => (args: unknown) => {
      const { level } = args as { readonly level: string };
      if (level === `bad ${name}`) throw new Error("no");
      applied.push(`${name} ${level}`);
    };
    const service = { name: "http", definition, evaluate: apply("http") };
    const config = { name: "logging", definition, evaluate: apply("logging") };
    const test = new TestProgram({ components: probes.sources, services: [service], configBlocks: [config] });
    programs.push(test);
    const settings = (logging: string, http: string): string => `logging {\n level = "${logging}"\n}\nhttp {\n level = "${http}"\n}\n`;
    expect(await test.load(settings("a", "a") + probe("p"))).toEqual([]);
    expect(applied.splice(0)).toEqual(["logging a", "http a"]);
    expect(await test.load(settings("b", "b") + probe("p", 'refuse = "no"'))).toHaveLength(1);
    expect(await test.load(settings("b", "b") + probe("new", 'refuse = "no"'))).toHaveLength(1);
    expect(applied).toEqual([]);
    probes.take();
    expect(await test.load(settings("b", "bad http") + probe("p", "input = 1"))).toEqual([
      "4:1: Failed to evaluate service: updating service: no",
    ]);
    expect(applied).toEqual(["logging b", "logging a"]);
    expect(probes.take()).toEqual(["update p", "update p"]);
  });
});

describe("Changed exports", () => {
  it("reach whoever refers to them, and nobody when they are equal", async () => {
    const { test, probes } = await running(probe("a", 'output = "x"') + probe("b", "input = test.probe.a.output") + probe("c"));
    probes.publish("a", "x");
    await settled();
    expect(probes.take()).toEqual([]);
    probes.publish("a", "y");
    await settled();
    expect(probes.take()).toEqual(["update b"]);
    expect(test.argumentsOf("test.probe.b")).toEqual({ input: "y" });
  });

  it("are taken together when they come together", async () => {
    const { test, probes } = await running(
      probe("a", 'output = "x"') + probe("b", 'output = "x"') + probe("c", "input = test.probe.a.output + test.probe.b.output"),
    );
    probes.publish("a", "1");
    probes.publish("b", "2");
    probes.publish("a", "3");
    await settled();
    expect(probes.take()).toEqual(["update c"]);
    expect(test.argumentsOf("test.probe.c")).toEqual({ input: "32" });
  });

  it("that break an evaluation are logged and leave the old arguments", async () => {
    const { test, probes } = await running(probe("a", 'output = "x"') + probe("b", "input = {x = 1, y = 2}[test.probe.a.output] + 1"));
    expect(test.argumentsOf("test.probe.b")).toEqual({ input: 2 });
    probes.publish("a", "z");
    await settled();
    expect(probes.take()).toEqual([]);
    expect(test.argumentsOf("test.probe.b")).toEqual({ input: 2 });
    expect(test.component("test.probe.b").health.state).toBe("unhealthy");
    expect(test.log.filter(({ level }) => level === "error")).toMatchObject([
      { message: "failed to evaluate config", fields: { controller_path: "/", controller_id: "", node: "test.probe.b" } },
    ]);
  });

  it("of an instance that was replaced are not heard", async () => {
    const { test, probes } = await running(probe("a", "end = true", 'output = "x"') + probe("b", "input = test.probe.a.output"));
    const late = probes.publish.bind(probes, "a", "late");
    await test.load(probe("b"));
    await settled();
    probes.take();
    late();
    await settled();
    expect(probes.take()).toEqual([]);
  });
});

describe("Evaluations because of changed exports", () => {
  it("are measured", async () => {
    const { test, probes } = await running(probe("a", 'output = "x"') + probe("b", "input = test.probe.a.output"));
    const count = (name: string): string | undefined => test.metric(`${name}_count{controller_id="",controller_path="/"}`);
    expect(count("alloy_component_evaluation_seconds")).toBe("0");
    probes.publish("a", "y");
    await settled();
    expect(count("alloy_component_evaluation_seconds")).toBe("1");
    expect(count("alloy_component_dependencies_wait_seconds")).toBe("1");
    expect(test.metric('alloy_component_evaluation_queue_size{controller_id="",controller_path="/"}')).toBe("0");
  });
});

describe("A component that is slow to be updated", () => {
  const config = probe("a", 'output = "x"') + probe("b", "input = test.probe.a.output");

  it("is updated once more after changes that came meanwhile", async () => {
    const { test, probes } = await running(config, 5);
    for (const value of ["1", "2", "3"]) {
      probes.publish("a", value);
      await tick();
      await tick();
    }
    await settled();
    await settled();
    expect(probes.take()).toEqual(["update b", "update b"]);
    expect(test.argumentsOf("test.probe.b")).toEqual({ input: "3" });
  });

  it("is left in peace by a reload until it is done", async () => {
    const { test, probes } = await running(config, 5);
    probes.publish("a", "1");
    await tick();
    await tick();
    const reload = test.load(probe("a", 'output = "x"') + probe("b", "input = [test.probe.a.output]"));
    probes.publish("a", "2");
    expect(await reload).toEqual([]);
    await settled();
    await settled();
    expect(probes.take()).toEqual(["update b", "update b"]);
    expect(test.argumentsOf("test.probe.b")).toEqual({ input: ["2"] });
  });
});

describe("A component that is slow to stop", () => {
  it("makes its successor of the same id wait", async () => {
    const { test, probes } = await running(probe("a"), 5);
    await Promise.all([test.load(""), test.load(probe("a"))]);
    await settled();
    expect(probes.take()).toEqual(["stop a", "build a#2", "run a#2"]);
  });
});

describe("Runtime.run()", () => {
  it("stops what depends on others first", async () => {
    const { test, probes } = await running(probe("a", 'output = "x"') + probe("b", "input = test.probe.a.output"));
    await test.stop();
    expect(probes.take()).toEqual(["stop b", "stop a"]);
  });

  it("gives back what was built and never ran", async () => {
    const probes = new Probes();
    const test = new TestProgram({ components: probes.sources });
    expect(await test.load(probe("a") + probe("b", 'refuse = "no"'))).toHaveLength(1);
    await test.runtime.run(AbortSignal.abort());
    expect(probes.take()).toEqual(["build a", "discard a"]);
  });

  it("begins with the first load that has no errors", async () => {
    const probes = new Probes();
    const test = new TestProgram({ components: probes.sources });
    programs.push(test);
    test.start();
    await test.load(probe("a") + probe("b", 'refuse = "no"'));
    await settled();
    expect(probes.take()).toEqual(["build a", "discard a"]);
    await test.load(probe("a"));
    await settled();
    expect(probes.take()).toEqual(["build a#2", "run a#2"]);
  });

  it("counts its components by health", async () => {
    const { test, probes } = await running(probe("a", 'output = "x"') + probe("b", "input = test.probe.a.output"));
    const count = (state: string): string | undefined =>
      test.metric(`alloy_component_controller_running_components{controller_id="",controller_path="/",health_type="${state}"}`);
    expect(count("healthy")).toBe("2");
    await test.load(probe("a", 'output = "x"') + probe("b", "input = {x = 1}[test.probe.a.output] + 1"));
    probes.publish("a", "y");
    await settled();
    expect(count("unhealthy")).toBe("1");
    expect(count("healthy")).toBe("1");
  });
});
