import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as tick } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ComponentSource, defineComponent } from "../component/index.ts";
import { Probes, probe } from "./testing/probe.ts";
import { TestProgram } from "./testing/test-program.ts";
import { sourcesOf } from "./testing/toy-components.ts";

let folder = "";
const programs: TestProgram[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "imports-"));
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((one) => one.stop()));
  rmSync(folder, { recursive: true, force: true });
});

function program(...args: ConstructorParameters<typeof TestProgram>): TestProgram {
  const made = new TestProgram(...args);
  programs.push(made);
  return made;
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  return path;
}

const importOf = (label: string, path: string): string => `import.file "${label}" {\n  filename = "${path}"\n}\n`;
const declare = (name: string, ...body: readonly string[]): string => `declare "${name}" {\n${body.join("")}}\n`;
const exported = (value: string): string => `export "v" {\n  value = ${value}\n}\n`;

async function settled(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await tick();
}

describe("import.file", () => {
  it("touches only instances of what changed, and nothing else in them", async () => {
    const probes = new Probes();
    const test = program({ components: probes.sources });
    const path = file("lib.alloy", declare("m", probe("a"), probe("b")) + declare("n", probe("c")));
    expect(await test.load(`${importOf("lib", path)}lib.m "i" { }\nlib.n "i" { }\n${probe("own")}`)).toEqual([]);
    test.start();
    await settled();
    probes.take();
    file("lib.alloy", declare("m", probe("a"), probe("b", "input = 1"), probe("d")) + declare("n", probe("c")));
    await expect.poll(() => probes.events.length).toBe(3);
    await settled();
    expect(probes.take()).toEqual(["build lib.m.i/d", "update lib.m.i/b", "run lib.m.i/d"]);
  });

  it("keeps what it had while a file is half written, or brings something that cannot run", async () => {
    const probes = new Probes();
    const test = program({ components: probes.sources });
    const path = file("lib.alloy", declare("m", probe("a", 'output = "1"'), exported("test.probe.a.output")));
    expect(await test.load(`${importOf("lib", path)}lib.m "i" { }`)).toEqual([]);
    test.start();
    await settled();
    probes.take();
    file("lib.alloy", 'declare "m" {\n  test.probe "a" {');
    await expect.poll(() => test.messages("error")).toContain("failed to parse file on update");
    file("lib.alloy", declare("m", probe("a", 'output = "2"'), probe("b", 'refuse = "no"')));
    await expect.poll(() => test.component("lib.m.i").health.state).toBe("unhealthy");
    await settled();
    expect(probes.take()).toEqual([]);
    expect(test.exportsOf("lib.m.i")).toEqual({ v: "1" });
    file("lib.alloy", declare("m", probe("a", 'output = "3"'), exported("test.probe.a.output")));
    await expect.poll(() => test.exportsOf("lib.m.i")).toEqual({ v: "3" });
    expect(test.component("lib.m.i").health.state).toBe("healthy");
  });

  it("reads all modules of a directory, and follows what is added", async () => {
    const test = program();
    mkdirSync(join(folder, "libs"));
    file("libs/a.alloy", declare("a", exported("1")));
    const use = `${importOf("lib", join(folder, "libs"))}lib.a "x" { }\n`;
    expect(await test.load(use)).toEqual([]);
    expect(await test.load(`${use}lib.b "y" { }\n`)).toEqual([
      '5:1: Failed to build component: loading custom component controller: custom component config not found in the registry, namespace: "lib", componentName: "b"',
    ]);
    test.start();
    file("libs/b.alloy", declare("b", exported("2")));
    await expect.poll(() => test.load(`${use}lib.b "y" { }\n`)).toEqual([]);
    expect(test.exportsOf("lib.b.y")).toEqual({ v: 2 });
  });

  it("refuses imports that go in a circle", async () => {
    const test = program();
    const [one, two] = [join(folder, "one.alloy"), join(folder, "two.alloy")];
    file("one.alloy", importOf("two", two) + declare("a", exported("1")));
    file("two.alloy", importOf("one", one) + declare("b", 'one.a "x" { }\n', exported("one.a.x.v")));
    // The circle is cut where it closes: what does not need it works.
    expect(await test.load(`${importOf("lib", one)}lib.a "x" { }\n`)).toEqual([]);
    expect(test.log.map(({ fields }) => fields["err"])).toContain(`import cycle: ${one} -> ${two} -> ${one}`);
  });

  it("refuses imported declares that use each other for ever", async () => {
    const test = program();
    const path = file("lib.alloy", declare("a", 'b "x" { }\n') + declare("b", 'a "x" { }\n'));
    const [problem] = await test.load(`${importOf("lib", path)}lib.a "x" { }\n`);
    expect(problem).toContain("modules are nested deeper than 64");
  });

  it("takes part in a refused reload", async () => {
    const probes = new Probes();
    const test = program({ components: probes.sources });
    const [old, fresh] = [file("old.alloy", declare("m", probe("a"))), file("new.alloy", declare("m", probe("b")))];
    const use = (path: string): string => `${importOf("lib", path)}lib.m "i" { }\n`;
    expect(await test.load(use(old))).toEqual([]);
    test.start();
    await settled();
    probes.take();
    expect(await test.load(use(fresh) + probe("z", 'refuse = "no"'))).toHaveLength(1);
    await settled();
    expect(probes.take()).toEqual(["build lib.m.i/b", "discard lib.m.i/b"]);
    file("new.alloy", declare("m", probe("c")));
    file("old.alloy", declare("m", probe("a"), probe("d")));
    await expect.poll(() => probes.events).toEqual(["build lib.m.i/d", "run lib.m.i/d"]);
  });

  it("is seen by modules around what uses it", async () => {
    const test = program();
    const path = file("lib.alloy", declare("a", exported("1")));
    const around = declare("around", 'lib.a "x" { }\n', exported("lib.a.x.v"));
    expect(await test.load(`${importOf("lib", path)}${around}around "i" { }\n`)).toEqual([]);
    test.start();
    file("lib.alloy", declare("a", exported("2")));
    await expect.poll(() => test.exportsOf("around.i")).toEqual({ v: 2 });
  });
});

describe("import.string", () => {
  it("follows the export that it is given", async () => {
    const probes = new Probes();
    const test = program({ components: probes.sources });
    const text = (value: number): string => `declare "m" { export "v" { value = ${value} } }`;
    const quoted = (value: number): string => JSON.stringify(text(value).replace("{ export", "{\n export").replace("} }", "}\n}"));
    const source = probe("p", `output = ${quoted(1)}`);
    expect(await test.load(`${source}import.string "lib" {\n  content = test.probe.p.output\n}\nlib.m "i" { }\n`)).toEqual([]);
    expect(test.exportsOf("lib.m.i")).toEqual({ v: 1 });
    test.start();
    probes.publish("p", JSON.parse(quoted(2)) as string);
    await expect.poll(() => test.exportsOf("lib.m.i")).toEqual({ v: 2 });
  });
});

/** `test.stubborn` does not stop before it is told to. */
class Stubborn {
  readonly #end = Promise.withResolvers<void>();
  readonly sources: ReadonlyMap<string, ComponentSource> = sourcesOf([
    defineComponent({
      name: "test.stubborn",
      stability: "generally-available",
      doc: "For tests.",
      arguments: {},
      exports: {},
      build: () => ({ run: () => this.#end.promise }),
    }),
  ]);

  end(): void {
    this.#end.resolve();
  }
}

describe("foreach", () => {
  const each = (collection: string, ...body: readonly string[]): string =>
    `foreach "f" {\n  collection = ${collection}\n  var = "it"\n  template {\n${body.join("")}  }\n}\n`;

  it("keeps what runs an item as long as the item is there", async () => {
    const probes = new Probes();
    const test = program({ components: probes.sources, stability: "experimental" });
    const body = probe("p", "input = [it, test.probe.q.output]");
    const q = probe("q", 'output = "x"');
    expect(await test.load(q + each("[1, 2, 1]", body))).toEqual([]);
    test.start();
    await settled();
    expect(probes.take().toSorted()).toEqual(
      ["q", "foreach.f/foreach_1_1/p", "foreach.f/foreach_1_2/p", "foreach.f/foreach_2_1/p"]
        .flatMap((id) => [`build ${id}`, `run ${id}`])
        .toSorted(),
    );
    probes.publish("q", "y");
    await settled();
    expect(probes.take().toSorted()).toEqual(["1_1", "1_2", "2_1"].map((id) => `update foreach.f/foreach_${id}/p`));
    expect(test.argumentsOf("foreach.f/foreach_2_1/test.probe.p")).toEqual({ input: [2, "y"] });
    expect(await test.load(q + each("[2, 3]", probe("p", "input = [it]")))).toEqual([]);
    await settled();
    expect(probes.take().toSorted()).toEqual([
      "build foreach.f/foreach_3_1/p",
      "run foreach.f/foreach_3_1/p",
      "stop foreach.f/foreach_1_1/p",
      "stop foreach.f/foreach_1_2/p",
      "update foreach.f/foreach_2_1/p",
    ]);
    await test.stop();
    expect(probes.take().toSorted()).toEqual(["stop foreach.f/foreach_2_1/p", "stop foreach.f/foreach_3_1/p", "stop q"]);
    programs.pop();
  });

  it("changes nothing when one item cannot be had", async () => {
    const probes = new Probes();
    const test = program({ components: probes.sources, stability: "experimental" });
    expect(await test.load(each('["a"]', probe("p", "input = it")))).toEqual([]);
    test.start();
    await settled();
    probes.take();
    const bad = each('["a", "b", "c"]', probe("p", 'input = [it]\nrefuse = {b = "no", a = "", c = ""}[it]'));
    expect(await test.load(bad)).toHaveLength(1);
    await settled();
    expect(probes.take()).toEqual([]);
    expect(test.component("foreach.f")).toMatchObject({
      createdModuleIDs: ["foreach.f/foreach_a_1"],
      health: { state: "unhealthy" },
    });
    expect(test.argumentsOf("foreach.f/foreach_a_1/test.probe.p")).toEqual({ input: "a" });
  });

  it("follows its collection between loads, with those items that work", async () => {
    const probes = new Probes();
    const test = program({ components: probes.sources, stability: "experimental" });
    const body = probe("p", "input = it", 'refuse = {bad = "no", good = ""}[it]');
    expect(await test.load(`${probe("q", 'output = "good"')}${each("[test.probe.q.output, test.probe.q.output]", body)}`)).toEqual([]);
    test.start();
    await settled();
    probes.take();
    probes.publish("q", "bad");
    await settled();
    expect(probes.take().toSorted()).toEqual(["good_1", "good_2"].map((id) => `stop foreach.f/foreach_${id}/p`));
    expect(test.component("foreach.f").health.state).toBe("unhealthy");
    probes.publish("q", "good");
    await settled();
    expect(test.component("foreach.f").health.state).toBe("healthy");
    expect(test.runtime.inspect.componentIdOf("foreach.f/foreach_good_1/test.probe.p/metrics")).toBe(
      "foreach.f/foreach_good_1/test.probe.p",
    );
  });

  it("refuses an item again whose former instance does not stop, rather than wait for ever", { timeout: 30_000 }, async () => {
    const stubborn = new Stubborn();
    const test = program({ components: stubborn.sources, stability: "experimental" });
    const config = (items: string): string => each(items, 'test.stubborn "s" { }\n');
    expect(await test.load(config("[1, 2]"))).toEqual([]);
    test.start();
    await settled();
    expect(await test.load(config("[1]"))).toEqual([]);
    expect(await test.load(config("[1, 2]"))).toEqual([expect.stringContaining("the former instance of the same id has not stopped yet")]);
    stubborn.end();
    await settled();
    expect(await test.load(config("[1, 2]"))).toEqual([]);
  });

  it("runs the other items while one waits for its former instance", { timeout: 30_000 }, async () => {
    const stubborn = new Stubborn();
    const probes = new Probes();
    const test = program({ components: new Map([...stubborn.sources, ...probes.sources]), stability: "experimental" });
    const items = '{x = ["x"], y = ["y"], z = ["new", "x"]}[test.probe.q.output]';
    expect(await test.load(probe("q", 'output = "x"') + each(items, 'test.stubborn "s" { }\n', probe("p")))).toEqual([]);
    test.start();
    await settled();
    probes.publish("q", "y");
    await settled();
    probes.take();
    probes.publish("q", "z");
    await expect.poll(() => probes.events, { timeout: 15_000 }).toContain("run foreach.f/foreach_new_1/p");
    expect(test.component("foreach.f").health.message).toContain("has not stopped yet");
    stubborn.end();
  });

  it("shows metrics of its items only when asked", async () => {
    const probes = new Probes();
    const test = program({ components: probes.sources, stability: "experimental" });
    expect(await test.load(each("[1]", probe("p")))).toEqual([]);
    expect(test.metrics.render()).not.toContain("foreach_1_1");
    expect(
      await test.load(each("[1]", probe("p")).replace("  var =", "  enable_metrics = true\n  var =").replaceAll('"f"', '"g"')),
    ).toEqual([]);
    expect(test.metrics.render()).toContain("foreach_1_1");
  });

  it("follows a change of that, without touching its items, and goes back when the reload is refused", async () => {
    const probes = new Probes();
    const test = program({ components: probes.sources, stability: "experimental" });
    const shown = (enabled: boolean, inner: boolean, more = ""): string => {
      const wanted = (value: boolean): string => `  enable_metrics = ${value}\n  var =`;
      const nested = each("[2]", probe("p")).replace("  var =", wanted(inner)).replaceAll('"f"', '"g"');
      return each("[1]", nested).replace("  var =", wanted(enabled)) + more;
    };
    const isShown = (): boolean => test.metrics.render().includes('probe_builds_total{component_id="test.probe.p"');
    expect(await test.load(shown(false, true))).toEqual([]);
    expect(probes.take()).toEqual(["build foreach.f/foreach_1_1/foreach.g/foreach_2_1/p"]);
    expect(isShown()).toBe(false);
    expect(await test.load(shown(true, true, 'test.probe "x" {\n  refuse = "no"\n}\n'))).toHaveLength(1);
    expect(isShown()).toBe(false);
    expect(await test.load(shown(true, true))).toEqual([]);
    expect(isShown()).toBe(true);
    expect(await test.load(shown(true, false))).toEqual([]);
    expect(isShown()).toBe(false);
    expect(probes.take()).toEqual([]);
  });
});
