import { mkdtempDisposable, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as tick } from "node:timers/promises";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { localFile } from "../components/local.file/component.ts";
import { Probes, probe } from "./testing/probe.ts";
import { TestProgram } from "./testing/test-program.ts";
import { sourcesOf } from "./testing/toy-components.ts";

const labels = ["a", "b", "c", "d", "e"] as const;

const places = ["top level", "module", "foreach"] as const;

/** One component of a random configuration. */
interface Piece {
  readonly label: string;
  /** Labels before its own, so that there are no circles. */
  readonly refersTo: readonly string[];
  readonly value: number;
  readonly place: (typeof places)[number];
}

const pieces: fc.Arbitrary<readonly Piece[]> = fc.subarray([...labels], { minLength: 1 }).chain((present) =>
  fc.tuple(
    ...present.map((label, index) =>
      fc.record({
        label: fc.constant(label),
        refersTo: fc.subarray(present.slice(0, index)),
        value: fc.nat(2),
        place: fc.constantFrom(...places),
      }),
    ),
  ),
);

/** How a component fails: at its expression, at a type, at what only the component itself can tell. */
const failure = fc.constantFrom("input = [] + 1", "nope = 1", "output = []", 'refuse = "no"');

/** What others see of it; nothing of what runs inside a foreach. */
function outputOf({ label, place }: Piece): readonly string[] {
  if (place === "foreach") return [];
  return [place === "module" ? `m_${label}.i.output` : `test.probe.${label}.output`];
}

/** A configuration in which the component of the label `bad` has `fault` in its body. */
function configOf(all: readonly Piece[], bad?: string, fault = ""): string {
  return all
    .map((piece) => {
      const { label, refersTo, value, place } = piece;
      const sources = all.filter((other) => refersTo.includes(other.label)).flatMap(outputOf);
      const own = label === bad ? fault : "";
      const settings = [own.startsWith("output") ? "" : `output = "${value}"`, own];
      const input = `input = [${sources.join(", ")}]`;
      const alone = probe(label, own.startsWith("input") ? "" : input, ...settings);
      if (place === "foreach") return `foreach "f_${label}" {\ncollection = ["x", "y"]\nvar = "it"\ntemplate {\n${alone}}\n}\n`;
      if (place === "top level") return alone;
      const body = probe(label, own.startsWith("input") ? "" : "input = argument.input.value", ...settings);
      const exported = `export "output" {\nvalue = test.probe.${label}.output\n}\n`;
      return `declare "m_${label}" {\nargument "input" { }\n${body}${exported}}\nm_${label} "i" {\n${input}\n}\n`;
    })
    .join("");
}

async function settled(): Promise<void> {
  for (let round = 0; round < 30; round += 1) await tick();
}

/** All that can be observed, but for what the component of the label `bad` says of itself. */
function observed(test: TestProgram, bad: string): unknown {
  const { inspect } = test.runtime;
  const modules = labels.flatMap((label) => [`m_${label}.i`, `foreach.f_${label}/foreach_x_1`, `foreach.f_${label}/foreach_y_1`]);
  const all = ["", ...modules].flatMap((id) => inspect.components(id) ?? []);
  return [
    ...all.map(({ moduleID, localID }) => {
      const { health, arguments: args, ...rest } = test.component(moduleID === "" ? localID : `${moduleID}/${localID}`);
      return [`test.probe.${bad}`, `m_${bad}.i`, `foreach.f_${bad}`].includes(localID) ? rest : { ...rest, health: health.state, args };
    }),
    inspect.unhealthyNames(),
    test.metrics
      .render()
      .split("\n")
      .filter((line) => /^probe_builds_total|^alloy_component_controller_running|^alloy_component_graph/.test(line))
      .toSorted(),
  ];
}

describe("A reload in which one component fails", () => {
  it("leaves everything as it was, whatever the two configurations are", async () => {
    await fc.assert(
      fc.asyncProperty(pieces, pieces, fc.nat(4), failure, fc.nat(2), async (before, after, which, fault, slowness) => {
        const probes = new Probes(slowness);
        const test = new TestProgram({ components: probes.sources, stability: "experimental" });
        expect(await test.load(configOf(before))).toEqual([]);
        test.start();
        await settled();
        probes.take();
        const bad = after[which % after.length]?.label ?? "";
        const state = observed(test, bad);
        expect(await test.load(configOf(after, bad, fault))).not.toEqual([]);
        await settled();
        expect(observed(test, bad)).toEqual(state);
        const events = probes.take();
        const ended = events.filter((event) => /^(run|stop) /.test(event));
        expect(ended).toEqual([]);
        const of = (what: string): readonly string[] =>
          events
            .filter((event) => event.startsWith(`${what} `))
            .map((event) => event.slice(what.length + 1))
            .toSorted();
        expect(of("discard")).toEqual(of("build"));
        // An update is taken back by another.
        expect(events.filter((event) => event.startsWith("update ")).length % 2).toBe(0);
        // The former configuration goes on: changes find their way.
        expect(await test.load(configOf(before))).toEqual([]);
        await settled();
        expect(probes.take()).toEqual([]);
        await test.stop();
      }),
      { numRuns: 300 },
    );
  });
});

it("A refused reload gives local.file its content back, although the file is gone", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "refused-"));
  const [first, second] = [join(folder.path, "first"), join(folder.path, "second")];
  await writeFile(first, "one");
  await writeFile(second, "two");
  const probes = new Probes();
  const test = new TestProgram({ components: new Map([...sourcesOf([localFile]), ...probes.sources]) });
  const config = (file: string, more = ""): string =>
    `local.file "f" {\n  filename = "${file}"\n}\n${probe("p", `input = local.file.f.content\n  ${more}`)}`;
  expect(await test.load(config(first))).toEqual([]);
  test.start();
  await unlink(first);
  expect(await test.load(config(second, 'refuse = "no"'))).toHaveLength(1);
  expect(test.exportsOf("local.file.f")).toEqual({ content: '"one"' });
  expect(test.argumentsOf("local.file.f")).toMatchObject({ filename: first });
  expect(test.component("local.file.f").health).toMatchObject({ state: "unhealthy" });
  await writeFile(first, "there again");
  await expect.poll(() => test.exportsOf("local.file.f")).toEqual({ content: '"there again"' });
  expect(await test.load(config(second))).toEqual([]);
  expect(test.exportsOf("local.file.f")).toEqual({ content: '"two"' });
  await test.stop();
});
