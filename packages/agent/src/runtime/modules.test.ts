import { setImmediate as tick } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Probes, probe } from "./testing/probe.ts";
import { TestProgram, marked, shortForms } from "./testing/test-program.ts";

const programs: TestProgram[] = [];

function program(...args: ConstructorParameters<typeof TestProgram>): TestProgram {
  const made = new TestProgram(...args);
  programs.push(made);
  return made;
}

async function settled(): Promise<void> {
  for (let round = 0; round < 10; round += 1) await tick();
}

afterEach(async () => {
  await Promise.all(programs.splice(0).map((one) => one.stop()));
});

const add = (operator = "+"): string => `
declare "add" {
  argument "a" { }

  argument "b" {
    optional = true
    default  = 10
  }

  export "sum" {
    value = argument.a.value ${operator} argument.b.value
  }
}
`;

describe("A custom component", () => {
  it("follows its arguments and its template", async () => {
    const test = program();
    const use = (a: string): string => `add "x" {\n  ${a}\n}\nadd "y" {\n  a = add.x.sum\n  b = 5\n}\n`;
    expect(await test.load(add() + use("a = 1"))).toEqual([]);
    test.start();
    await settled();
    expect(test.exportsOf("add.x")).toEqual({ sum: 11 });
    expect(test.exportsOf("add.y")).toEqual({ sum: 16 });
    expect(test.component("add.y")).toMatchObject({
      name: "add",
      label: "y",
      referencesTo: ["add.x"],
      createdModuleIDs: ["add.y"],
      health: { state: "healthy", message: "started custom component" },
    });
    expect(await test.load(add("*") + use("a = 2"))).toEqual([]);
    expect(test.exportsOf("add.x")).toEqual({ sum: 20 });
    expect(test.exportsOf("add.y")).toEqual({ sum: 100 });
  });

  it("keeps its exports when an argument is missing", async () => {
    const test = program();
    await test.load(`${add()}add "x" {\n  a = 2\n}`);
    test.start();
    const diagnostics = await test.diagnose(`${add()}add "x" { }`);
    expect(shortForms(diagnostics)).toEqual([
      '3:3: Failed to evaluate node for config block: missing required argument "a" to module',
      '10:3: Failed to evaluate node for config block: decoding configuration: config.alloy:11:22: field "a" does not exist',
    ]);
    expect(test.exportsOf("add.x")).toEqual({ sum: 12 });
    expect(test.argumentsOf("add.x")).toEqual({});
    expect(test.component("add.x").health).toMatchObject({
      state: "unhealthy",
      message:
        "component evaluation failed: updating custom component: config.alloy:3:3: Failed to evaluate node for config block: " +
        'missing required argument "a" to module (and 1 more diagnostics)',
    });
    expect(test.log.filter(({ level }) => level === "error").map(({ fields }) => [fields["controller_id"], fields["node"]])).toEqual([
      ["add.x", "argument.a"],
      ["add.x", "export.sum"],
      ["", "add.x"],
    ]);
    expect(await test.load(`${add()}add "x" {\n  a = 7\n}`)).toEqual([]);
    expect(test.exportsOf("add.x")).toEqual({ sum: 17 });
  });

  it("tells an argument of null from one that is absent", async () => {
    const test = program();
    const config = 'declare "d" {\n argument "a" {\n optional = true\n default = 3\n }\n export "v" {\n value = argument.a.value\n }\n}\n';
    await test.load(`${config}d "none" { }\nd "nothing" {\n a = null\n}\nd "some" {\n a = {k = [1, "s"]}\n}`);
    expect(["none", "nothing", "some"].map((label) => test.exportsOf(`d.${label}`))).toEqual([
      { v: 3 },
      { v: null },
      { v: { k: [1, "s"] } },
    ]);
  });

  it("may have an empty body, and no label", async () => {
    const test = program();
    expect(await test.load('declare "d" { }\nd { }')).toEqual([]);
    expect(test.component("d")).toMatchObject({ localID: "d", createdModuleIDs: ["d"], exports: [] });
    expect(test.runtime.inspect.components("d")).toEqual([]);
  });

  it("refuses arguments that the template does not have, and blocks", async () => {
    const extra = await program().diagnose('declare "d" { }\nd "i" {\n  x = 1\n}');
    expect(shortForms(extra)).toEqual(['3:3: Provided argument "x" is not defined in the module']);
    expect(marked(extra)).toEqual(["x = 1"]);
    const nested = await program().diagnose('declare "d" { }\nd "i" {\n  x { }\n}');
    expect(shortForms(nested)).toEqual(["3:3: nested blocks not supported here"]);
  });

  it("reports what is wrong with its body where it stands", async () => {
    expect(await program().load('declare "d" {\n  nope.x "y" { }\n}\nd "i" { }')).toEqual([
      '2:3: cannot find the definition of component name "nope.x"',
    ]);
    expect(await program().load('declare "d" {\n  x = 1\n}\nd "i" { }')).toEqual(["2:3: unrecognized attribute x"]);
  });

  it("stays unhealthy while its arguments are wrong for its body", async () => {
    const probes = new Probes();
    const test = program({ components: probes.sources });
    const module = 'declare "m" {\n argument "a" { }\n export "b" {\n value = {x = 1, y = 2}[argument.a.value] + 1\n }\n}\n';
    const use = `${probe("p", 'output = "x"')}${probe("q", 'output = "1"')}m "i" {\n a = {"1" = test.probe.p.output, "2" = test.probe.p.output}[test.probe.q.output]\n}`;
    expect(await test.load(module + use)).toEqual([]);
    test.start();
    probes.publish("p", "z");
    await settled();
    expect(test.component("m.i").health.state).toBe("unhealthy");
    probes.publish("q", "2");
    await settled();
    expect(test.component("m.i").health.state).toBe("unhealthy");
    probes.publish("p", "y");
    await settled();
    expect(test.component("m.i").health.state).toBe("healthy");
    expect(test.exportsOf("m.i")).toEqual({ b: 3 });
  });

  it("may not configure the program", async () => {
    const test = program({ services: [{ name: "http" }] });
    expect(await test.load('declare "d" {\n  http { }\n}\nd "i" { }')).toEqual(['2:3: service blocks not allowed inside a module: "http"']);
  });

  it("is not looked at while nobody uses it", async () => {
    expect(await program().load('declare "d" {\n  nope.x "y" { }\n}')).toEqual([]);
  });
});

describe("Nested custom components", () => {
  const nested = `
declare "outer" {
  argument "v" { }
  declare "inner" {
    argument "v" { }
    testcomponents.passthrough "p" {
      input = argument.v.value
    }
    export "v" {
      value = testcomponents.passthrough.p.output + "!"
    }
  }
  inner "i" {
    v = argument.v.value
  }
  export "v" {
    value = inner.i.v + "?"
  }
}
`;

  it("have ids joined by slashes", async () => {
    const test = program();
    expect(await test.load(`${nested}outer "o" {\n  v = "x"\n}`)).toEqual([]);
    expect(test.exportsOf("outer.o")).toEqual({ v: "x!?" });
    const { inspect } = test.runtime;
    expect(inspect.components("outer.o")?.map(({ localID }) => localID)).toEqual(["inner.i"]);
    expect(inspect.component("outer.o/inner.i/testcomponents.passthrough.p")).toMatchObject({
      moduleID: "outer.o/inner.i",
      localID: "testcomponents.passthrough.p",
    });
    expect(inspect.components("outer.x")).toBeUndefined();
    expect(inspect.componentIdOf("outer.o/inner.i/metrics")).toBe("outer.o/inner.i");
    expect(inspect.componentIdOf("outer.o/nope/inner.i")).toBe("outer.o");
    expect(inspect.componentIdOf("nope/metrics")).toBeUndefined();
    expect(inspect.componentIdOf("a/".repeat(500_000))).toBeUndefined();
    expect(test.metric('alloy_component_controller_evaluating{controller_id="inner.i",controller_path="/outer.o"}')).toBe("0");
  });

  it("see the declares around them", async () => {
    const test = program();
    const config =
      'declare "leaf" {\n export "v" {\n value = 1\n }\n}\ndeclare "user" {\n leaf "l" { }\n export "v" {\n value = leaf.l.v\n }\n}\n';
    expect(await test.load(`${config}user "u" { }`)).toEqual([]);
    expect(test.exportsOf("user.u")).toEqual({ v: 1 });
  });

  it("carry changes in and out", async () => {
    const test = program();
    const config = `${nested}testcomponents.count "c" {\n frequency = "1ms"\n max = 3\n}\nouter "o" {\n v = testcomponents.count.c.count\n}
testcomponents.passthrough "end" {\n input = outer.o.v\n}`;
    expect(await test.load(config)).toEqual([]);
    test.start();
    await vi.waitFor(() => expect(test.exportsOf("testcomponents.passthrough.end")).toEqual({ output: "3!?" }));
  });
});

describe("The components inside", () => {
  const wrap = (...body: readonly string[]): string => `declare "m" {\n${body.join("")}}\n`;

  it("run and stop with their custom component", async () => {
    const probes = new Probes();
    const test = program({ components: probes.sources });
    await test.load(`${wrap(probe("a", 'output = "x"'), probe("b", "input = test.probe.a.output"))}m "i" { }`);
    test.start();
    await settled();
    expect(probes.take()).toEqual(["build m.i/a", "build m.i/b", "run m.i/a", "run m.i/b"]);
    await test.load("");
    await settled();
    expect(probes.take()).toEqual(["stop m.i/b", "stop m.i/a"]);
    expect(test.metrics.render()).not.toContain('controller_id="m.i"');
  });

  it("are kept when the template changes around them", async () => {
    const probes = new Probes();
    const test = program({ components: probes.sources });
    await test.load(`${wrap(probe("a"), probe("b"))}m "i" { }`);
    test.start();
    await settled();
    probes.take();
    await test.load(`${wrap(probe("a"), probe("c"))}m "i" { }`);
    await settled();
    expect(probes.take()).toEqual(["build m.i/c", "stop m.i/b", "run m.i/c"]);
  });

  it("stay as they are when the new body is wrong as a whole", async () => {
    const probes = new Probes();
    const test = program({ components: probes.sources });
    await test.load(`${wrap(probe("a"))}m "i" { }`);
    test.start();
    await settled();
    probes.take();
    const diagnostics = await test.diagnose(`${wrap(probe("a", "input = 2"), 'nope.x "y" { }')}m "i" { }`);
    expect(diagnostics).toHaveLength(1);
    await settled();
    expect(probes.take()).toEqual([]);
    expect(test.component("m.i").health.state).toBe("unhealthy");
    expect(test.component("m.i/test.probe.a").health.state).toBe("healthy");
  });
});
