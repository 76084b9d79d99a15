import { renderDiagnostics } from "@flameline/syntax";
import { describe, expect, it } from "vitest";
import type { GraphOptions } from "../options.ts";
import { TestProgram, marked, shortForms, sourcesFrom } from "../testing/test-program.ts";
import { validate } from "./validate.ts";

async function check(config: string, options: Partial<GraphOptions> = {}): ReturnType<typeof validate> {
  return validate(sourcesFrom(config), { ...new TestProgram().options, ...options });
}

async function problems(config: string, options: Partial<GraphOptions> = {}): Promise<readonly string[]> {
  return shortForms(await check(config, options));
}

const pass = (label: string, input: string): string => `testcomponents.passthrough "${label}" {\n  input = ${input}\n}\n`;

describe("validate()", () => {
  it("accepts what a load accepts", async () => {
    expect(await problems("")).toEqual([]);
    expect(await problems(pass("a", "testcomponents.passthrough.b.output") + pass("b", 'string.join(["x"], "")'))).toEqual([]);
  });

  it("reports every problem of a block: statements in order, then what is missing, then references", async () => {
    const config = `testcomponents.stringer "a" {
  nope        = 1
  input_int   = true
  input_array = [missing.one, 5 + "x"]
}`;
    expect(await problems(config)).toEqual([
      '2:3: unrecognized attribute name "nope"',
      "3:17: expected number, got bool",
      "4:31: expected number, got string",
      '1:1: missing required attribute "forward_to"',
      '4:18: component "missing.one" does not exist or is out of scope',
    ]);
  });

  it("goes through declares, settings, components and services, in this order", async () => {
    const logging = { fields: {} };
    const config = 'http {\n  x = 1\n}\nnope.x "y" { }\nlogging {\n  y = 1\n}\ndeclare "d" {\n  nope.z "z" { }\n}';
    const options = { services: [{ name: "http", definition: { fields: {} } }], configBlocks: [{ name: "logging", definition: logging }] };
    expect(await problems(config, options)).toEqual([
      '9:3: cannot find the definition of component name "nope.z"',
      '6:3: unrecognized attribute name "y"',
      '4:1: cannot find the definition of component name "nope.x"',
      '2:3: unrecognized attribute name "x"',
    ]);
  });

  it("says at every member of a circle that there is one, last of all", async () => {
    const config = pass("b", "testcomponents.passthrough.a.output") + pass("a", "testcomponents.passthrough.b.output + nope.x");
    const diagnostics = await check(`${config}${pass("c", "testcomponents.passthrough.c.output")}`);
    const circle = "cycle detected: testcomponents.passthrough.a, testcomponents.passthrough.b";
    expect(shortForms(diagnostics)).toEqual([
      '5:49: component "nope.x" does not exist or is out of scope',
      `4:1: ${circle}`,
      `1:1: ${circle}`,
      "7:1: cannot reference self",
    ]);
    expect(marked(diagnostics).at(-1)).toBe('testcomponents.passthrough "c" {');
  });

  it("warns about deprecated functions", async () => {
    const diagnostics = await check('testcomponents.stringer "a" {\n  input_array = concat([1])\n  forward_to  = []\n}');
    expect(renderDiagnostics(diagnostics))
      .toBe(`Warning: config.alloy:2:17: this stdlib function is deprecated; please refer to the documentation for updated usage and alternatives

1 | testcomponents.stringer "a" {
2 |   input_array = concat([1])
  |                 ^^^^^^
3 |   forward_to  = []
`);
  });

  it("marks the whole name of a function below the stability level", async () => {
    expect(marked(await check(pass("a", 'array.combine_maps([], [], ["a"])')))).toEqual(["array.combine_maps"]);
  });

  it("finds exports that do not exist", async () => {
    const config = `declare "d" {\n  export "e" {\n    value = 1\n  }\n}\nd "i" { }\n`;
    expect(await problems(config + pass("a", "d.i.e") + pass("b", "d.i.nope") + pass("c", "testcomponents.passthrough.a.nope"))).toEqual([
      '11:15: field "nope" does not exist',
      '14:40: field "nope" does not exist',
    ]);
  });

  it("checks the arguments of custom components", async () => {
    const declare = 'declare "d" {\n  argument "a" { }\n  argument "b" {\n    optional = true\n  }\n}\n';
    expect(await problems(`${declare}d "i" {\n  a = 1\n}`)).toEqual([]);
    expect(await problems(`${declare}d "i" {\n  c = 1\n}`)).toEqual([
      '8:3: unrecognized attribute name "c"',
      '7:1: missing required attribute "a"',
    ]);
  });

  it("looks into declares whether they are used or not", async () => {
    const config =
      'declare "d" {\n  argument { }\n  logging { }\n  declare { }\n  testcomponents.passthrough "p" {\n    input = argument.x.value + nope.y\n  }\n}';
    expect(await problems(config, { configBlocks: [{ name: "logging", definition: { fields: {} } }] })).toEqual([
      "4:3: declare block must have a label",
      "2:3: argument block must have a label",
      "3:3: logging not allowed in module",
      '6:32: component "nope.y" does not exist or is out of scope',
    ]);
  });

  it("refuses a service that cannot be configured, and one that stands twice", async () => {
    const services = [{ name: "ui" }, { name: "http", definition: { fields: {} } }];
    expect(await problems("ui { }\nhttp { }\nhttp { }", { services })).toEqual([
      '1:1: service "ui" does not support being configured',
      "3:1: block http already declared at config.alloy:2:1",
    ]);
  });

  it("accepts anything from an import", async () => {
    expect(await problems(`import.string "lib" {\n  content = ""\n}\nlib.x "y" { }\n${pass("a", "lib.x.y.z")}`)).toEqual([]);
    expect(await problems(`import.string "lib" {\n}`)).toEqual(['1:1: missing required attribute "content"']);
  });
});
