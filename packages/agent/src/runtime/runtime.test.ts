import { setTimeout as delay } from "node:timers/promises";
import { renderDiagnostics } from "@flameline/syntax";
import { defineComponent } from "../component/index.ts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sourcesOf, toySources } from "./testing/toy-components.ts";
import { TestProgram, marked, shortForms } from "./testing/test-program.ts";

const programs: TestProgram[] = [];

function program(...args: ConstructorParameters<typeof TestProgram>): TestProgram {
  const made = new TestProgram(...args);
  programs.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(programs.splice(0).map((one) => one.stop()));
});

const chain = `
testcomponents.count "inc" {
  frequency = "1ms"
  max       = 5
}
testcomponents.passthrough "pass" {
  input = testcomponents.count.inc.count
}
testcomponents.summation "sum" {
  input = testcomponents.passthrough.pass.output
}
`;

describe("Runtime", () => {
  it("builds everything at the first load and runs nothing before run()", async () => {
    const test = program();
    expect(await test.load(chain)).toEqual([]);
    expect(test.component("testcomponents.summation.sum").health.message).toBe("component created");
    test.start();
    await vi.waitFor(() => expect(test.exportsOf("testcomponents.passthrough.pass")).toEqual({ output: "5" }));
    expect(test.exportsOf("testcomponents.summation.sum")).toMatchObject({ last_added: 5 });
    expect(test.component("testcomponents.summation.sum").health).toMatchObject({ state: "healthy", message: "component evaluated" });
  });

  it("takes files that refer to each other", async () => {
    const test = program();
    const diagnostics = await test.diagnose({
      "a.alloy": 'testcomponents.passthrough "a" {\n  input = testcomponents.passthrough.b.output\n}',
      "b.alloy": 'testcomponents.passthrough "b" {\n  input = "x"\n}',
    });
    expect(diagnostics).toEqual([]);
    expect(test.exportsOf("testcomponents.passthrough.a")).toEqual({ output: "x" });
  });

  it("evaluates everything although something fails, and starts nothing at a first load with errors", async () => {
    const test = program();
    const diagnostics = await test.diagnose(`
testcomponents.passthrough "a" {
  input = true
}
testcomponents.passthrough "b" {
  input = testcomponents.passthrough.a.output + "b"
}
testcomponents.passthrough "c" {
  input = []
}`);
    expect(shortForms(diagnostics)).toEqual(["3:11: true should be string, got bool", "9:11: [] should be string, got array"]);
    test.start();
    await delay(20);
    expect(test.runtime.inspect.components()).toEqual([]);
    expect(test.messages("error")).toEqual(["failed to evaluate config", "failed to evaluate config"]);
  });

  it("reports a missing argument over the whole block", async () => {
    const diagnostics = await program().diagnose('testcomponents.passthrough "a" { }');
    expect(renderDiagnostics(diagnostics))
      .toBe(`Error: config.alloy:1:1: Failed to build component: decoding configuration: missing required attribute "input"

1 | testcomponents.passthrough "a" { }
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
`);
  });
});

describe("Runtime.load() refuses as a whole", () => {
  const cases: readonly (readonly [name: string, config: string, problems: readonly string[], marks: readonly string[]])[] = [
    ["an attribute at the top level", "foo = 1", ["1:1: unrecognized attribute foo"], ["foo"]],
    ["an unknown component", 'nope.x "a" { }', ['1:1: cannot find the definition of component name "nope.x"'], ["nope.x"]],
    [
      "a component without label",
      "testcomponents.tick { }",
      ['1:1: component "testcomponents.tick" must have a label'],
      ["testcomponents.tick"],
    ],
    [
      "one id twice",
      'testcomponents.tick "a" { }\ntestcomponents.tick "a" { }',
      ["2:1: block testcomponents.tick.a already declared at config.alloy:1:1"],
      ['testcomponents.tick "'],
    ],
    [
      "a component below the stability level",
      'testcomponents.experimental "a" { }',
      [
        '1:1: component "testcomponents.experimental" is at stability level "experimental", which is below the minimum allowed stability level ' +
          '"public-preview". Use --stability.level command-line flag to enable "experimental" features',
      ],
      ["testcomponents.experimental"],
    ],
    [
      "a community component",
      'testcomponents.community "a" { }',
      [
        '1:1: the component "testcomponents.community" is a community component. ' +
          "Use the --feature.community-components.enabled command-line flag to enable community components",
      ],
      ["testcomponents.community"],
    ],
    [
      "an experimental function",
      'testcomponents.passthrough "a" {\n  input = array.combine_maps([], [], ["a"])\n}',
      [
        '2:11: array.combine_maps is at stability level "experimental", which is below the minimum allowed stability level "public-preview". ' +
          'Use --stability.level command-line flag to enable "experimental" features',
      ],
      ["array.c"],
    ],
    [
      "a reference to nothing",
      'testcomponents.passthrough "a" {\n  input = testcomponents.tick.t.tick_time\n}',
      ['2:11: component "testcomponents.tick.t.tick_time" does not exist or is out of scope'],
      ["testcomponents.tick.t.tick_time"],
    ],
    [
      "a reference to a name without label",
      'testcomponents.passthrough "a" {\n  input = [testcomponents.passthrough][0]\n}',
      ['2:12: component "testcomponents.passthrough" does not exist or is out of scope'],
      ["testcomponents.passthrough"],
    ],
    [
      "a component that refers to itself",
      'testcomponents.passthrough "a" {\n  input = testcomponents.passthrough.a.output\n}',
      ["-: self reference: testcomponents.passthrough.a"],
      [""],
    ],
    [
      "module blocks at the top level",
      'argument "a" { }\nexport "b" { value = 1 }',
      ["1:1: argument blocks only allowed inside a module", "2:1: export blocks only allowed inside a module"],
      ['argument "a" { }', 'export "b" { value = 1 }'],
    ],
    [
      "a declare named declare",
      'declare "declare" { }',
      ["1:1: 'declare' is not a valid label for a declare block"],
      ['declare "declare" { }'],
    ],
    ["a declare without label", "declare { }", ["1:1: declare block must have a label"], ["declare"]],
    ["a declare that uses itself", 'declare "d" {\n  d "i" { }\n}', ["-: self reference: declare.d"], [""]],
  ];

  it.each(cases)("%s", async (_name, config, problems, marks) => {
    const diagnostics = await program().diagnose(config);
    expect(shortForms(diagnostics)).toEqual(problems);
    expect(marked(diagnostics)).toEqual(marks);
  });

  it("a circle, whatever the order of its members", async () => {
    const diagnostics = await program().diagnose(
      ["ab", "bc", "ca"]
        .map(([id, next]) => `testcomponents.passthrough "${id}" {\n input = testcomponents.passthrough.${next}.output\n}\n`)
        .join(""),
    );
    expect(diagnostics).toHaveLength(1);
    const [, members] = /^cycle: (.*)$/.exec(diagnostics[0]?.message ?? "") ?? [];
    expect(members?.split(", ").sort()).toEqual(["a", "b", "c"].map((id) => `testcomponents.passthrough.${id}`));
  });

  it("foreach by its stability level", async () => {
    const config = 'foreach "x" {\n  collection = []\n}';
    expect((await program().load(config))[0]).toMatch(/^1:1: config block "foreach" is at stability level "experimental"/);
  });

  it("several things at once, with help", async () => {
    const diagnostics = await program().diagnose('prometheus.scrape "a" { }\ntestcomponents.passthough "b" { }');
    expect(diagnostics.map(({ hint }) => hint)).toEqual([
      expect.stringContaining("prometheus.scrape handles metrics"),
      'did you mean "testcomponents.passthrough"?',
    ]);
  });
});

describe("References", () => {
  it("warn about deprecated and shadowed functions", async () => {
    const test = program();
    const config = `
declare "string" {
  export "x" { value = 1 }
}
string "s" { }
testcomponents.stringer "a" {
  input_array = concat([string.s.x], [1])
  forward_to  = []
}`;
    expect(await test.load(config)).toEqual([]);
    expect(test.log.filter(({ level }) => level === "warn").map(({ message, fields }) => [message, fields])).toEqual([
      [
        "this stdlib function is deprecated; please refer to the documentation for updated usage and alternatives",
        { controller_path: "/", controller_id: "", function: "concat" },
      ],
      [
        "a component is shadowing an existing stdlib name",
        { controller_path: "/", controller_id: "", component: "string", stdlib_name: "string" },
      ],
    ]);
  });

  it("fail at evaluation when the export does not exist", async () => {
    const diagnostics = await program().diagnose(`
testcomponents.tick "t" {
  frequency = "1h"
}
testcomponents.passthrough "a" {
  input = testcomponents.tick.t.nope
}`);
    expect(shortForms(diagnostics)).toEqual(['6:33: field "nope" does not exist']);
  });

  it("may use module_path", async () => {
    const test = program();
    expect(await test.load('testcomponents.passthrough "a" {\n  input = module_path\n}')).toEqual([]);
    expect(test.exportsOf("testcomponents.passthrough.a")).toEqual({ output: "/etc/test" });
  });
});

describe("The code of components", () => {
  it("is imported only when a configuration names them, and once", async () => {
    const loaded: string[] = [];
    const components = new Map(
      [...toySources].map(([name, source]) => [
        name,
        {
          ...source,
          load: () => {
            loaded.push(name);
            return source.load();
          },
        },
      ]),
    );
    const test = program({ components });
    const config = 'declare "d" {\n testcomponents.tick "t" {\n frequency = "1h"\n }\n}\ntestcomponents.summation_receiver "s" { }\n';
    expect(await test.load(config)).toEqual([]);
    expect(loaded).toEqual(["testcomponents.summation_receiver"]);
    expect(await test.load(`${config}d "i" { }`)).toEqual([]);
    expect(loaded).toEqual(["testcomponents.summation_receiver", "testcomponents.tick"]);
  });
});

describe("Runtime.clusterChanged()", () => {
  it("reaches every component, also those inside custom components", async () => {
    const told: string[] = [];
    const member = defineComponent({
      name: "test.member",
      stability: "generally-available",
      doc: "For tests.",
      arguments: {},
      exports: {},
      build: ({ id }) => ({ clusterChanged: () => void told.push(id) }),
    });
    const test = program({ components: sourcesOf([member]) });
    await test.load('test.member "a" { }\ndeclare "m" {\n  test.member "b" { }\n}\nm "i" { }');
    test.runtime.clusterChanged();
    expect(told).toEqual(["test.member.a", "m.i/test.member.b"]);
  });
});

describe("The log of a load", () => {
  it("tells the evaluation of every node once, then keeps to what concerns the whole", async () => {
    const test = program();
    await test.load(chain);
    expect(test.messages("info")).toEqual([
      "starting complete graph evaluation",
      "finished node evaluation",
      "finished node evaluation",
      "finished node evaluation",
      "finished complete graph evaluation",
      "scheduling loaded components and services",
    ]);
    await test.load(chain);
    expect(test.messages("info").slice(6)).toEqual([
      "starting complete graph evaluation",
      "finished complete graph evaluation",
      "scheduling loaded components and services",
    ]);
  });

  it("does not grow with every change of an argument of a module", async () => {
    const test = program();
    const module = 'declare "m" {\n argument "a" { }\n export "b" {\n value = argument.a.value\n }\n}\n';
    await test.load(`${module}testcomponents.count "c" {\n frequency = "1ms"\n max = 3\n}\nm "i" {\n a = testcomponents.count.c.count\n}`);
    const { length } = test.messages("info");
    test.start();
    await vi.waitFor(() => expect(test.exportsOf("m.i")).toEqual({ b: 3 }));
    expect(test.messages("info")).toHaveLength(length);
  });
});

describe("A configuration of 2,000 components", () => {
  it("loads in time in proportion to its size", async () => {
    const lines = Array.from({ length: 2000 }, (_, index) => {
      const input = index === 0 ? '"x"' : `testcomponents.passthrough.c${index - 1}.output`;
      return `testcomponents.passthrough "c${index}" {\n  input = ${input}\n}\n`;
    });
    const test = program();
    expect(await test.load(lines.join(""))).toEqual([]);
    expect(test.exportsOf("testcomponents.passthrough.c1999")).toEqual({ output: "x" });
  });
});
