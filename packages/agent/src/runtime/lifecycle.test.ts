import { setImmediate as tick } from "node:timers/promises";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Probes, probe } from "./testing/probe.ts";
import { TestProgram } from "./testing/test-program.ts";

const labels = ["a", "b", "c", "d"] as const;

/** One component of a random configuration. */
interface Piece {
  readonly label: string;
  /** May only refer to labels before its own, so that there are no circles. */
  readonly refersTo: readonly string[];
  readonly value: number;
  readonly fails: boolean;
  readonly ends: boolean;
  readonly inModule: boolean;
  /** For how many items it runs; 0: not in a foreach. */
  readonly items: number;
}

type Step =
  | { readonly kind: "load"; readonly pieces: readonly Piece[] }
  | { readonly kind: "break"; readonly text: string }
  | { readonly kind: "publish"; readonly label: string; readonly value: number }
  | { readonly kind: "wait" };

const pieces: fc.Arbitrary<readonly Piece[]> = fc.subarray([...labels]).chain((present) =>
  fc.tuple(
    ...present.map((label, index) =>
      fc.record({
        label: fc.constant(label),
        refersTo: fc.subarray(present.slice(0, index)),
        value: fc.nat(3),
        fails: fc.boolean().map((fails) => fails && index > 0),
        ends: fc.boolean(),
        inModule: fc.boolean(),
        items: fc.constantFrom(0, 0, 0, 1, 2),
      }),
    ),
  ),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: pieces.map((all) => ({ kind: "load" as const, pieces: all })) },
  { weight: 1, arbitrary: fc.constantFrom("x {", 'nope.x "y" { }').map((text) => ({ kind: "break" as const, text })) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("publish" as const), label: fc.constantFrom(...labels), value: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.constant({ kind: "wait" as const }) },
);

function outputOf({ label, inModule }: Piece): string {
  return inModule ? `m_${label}.i.output` : `test.probe.${label}.output`;
}

function configOf(all: readonly Piece[]): string {
  return all
    .map((piece) => {
      const { label, refersTo, value, fails, ends, inModule, items } = piece;
      const sources = all.filter((other) => refersTo.includes(other.label) && other.items === 0).map(outputOf);
      const settings = [`output = "${value}"`, `refuse = "${fails ? "no" : ""}"`, `end = ${ends}`];
      const input = `input = [${sources.join(", ")}]`;
      if (items > 0) {
        const collection = `[${Array.from({ length: items }, (_, index) => index).join(", ")}]`;
        const template = `template {\n${probe(label, input, ...settings)}}\n`;
        return `foreach "f_${label}" {\ncollection = ${collection}\nvar = "it"\nenable_metrics = true\n${template}}\n`;
      }
      if (!inModule) return probe(label, input, ...settings);
      const body = probe(label, "input = argument.input.value", ...settings);
      const exported = `export "output" {\nvalue = test.probe.${label}.output\n}\n`;
      return `declare "m_${label}" {\nargument "input" { }\n${body}${exported}}\nm_${label} "i" {\n${input}\n}\n`;
    })
    .join("");
}

async function settled(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await tick();
}

/** How a sequence is played: whether there is time between the steps, how slow components are, whether the end comes at once. */
interface Manner {
  readonly patient: boolean;
  readonly slowness: number;
  readonly abrupt: boolean;
}

const manner: fc.Arbitrary<Manner> = fc.record({ patient: fc.boolean(), slowness: fc.nat(3), abrupt: fc.boolean() });

async function play(steps: readonly Step[], { patient, slowness, abrupt }: Manner): Promise<readonly string[]> {
  const probes = new Probes(slowness);
  const test = new TestProgram({ components: probes.sources, stability: "experimental" });
  await test.load("");
  test.start();
  const loads: Promise<unknown>[] = [];
  for (const one of steps) {
    if (one.kind === "load") loads.push(test.load(configOf(one.pieces)));
    else if (one.kind === "break") loads.push(test.load(one.text));
    else if (one.kind === "publish")
      for (const id of [one.label, `m_${one.label}.i/${one.label}`, `foreach.f_${one.label}/foreach_0_1/${one.label}`])
        probes.tryPublish(id, String(one.value));
    else await settled();
    if (patient) await settled();
  }
  if (!abrupt) {
    await Promise.all(loads);
    await settled();
  }
  await test.stop();
  await Promise.all(loads);
  return probes.events;
}

/** What happened to each instance, in order. */
function lives(events: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const byInstance = Map.groupBy(events, (event) => event.replace(/^\w+ /, ""));
  return new Map([...byInstance].map(([name, all]) => [name, all.map((event) => event.replace(/ .*$/, ""))]));
}

describe("Any sequence of reloads", () => {
  it("runs every instance once and stops it once, or gives it back unused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), manner, async (steps, how) => {
        for (const [name, life] of lives(await play(steps, how))) {
          expect([name, life.filter((event) => event !== "update")]).toEqual([
            name,
            life.includes("discard") ? ["build", "discard"] : ["build", "run", "stop"],
          ]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("has one instance of an id at a time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), manner, async (steps, how) => {
        const alive = new Map<string, string>();
        for (const event of await play(steps, how)) {
          const [what = "", name = ""] = event.split(" ");
          const id = name.replace(/#\d+$/, "");
          if (what === "build") {
            expect(alive.get(id)).toBeUndefined();
            alive.set(id, name);
          } else if (what === "stop" || what === "discard") {
            expect(alive.get(id)).toBe(name);
            alive.delete(id);
          }
        }
        expect([...alive]).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it("leaves no metrics behind", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const probes = new Probes(1);
        const test = new TestProgram({ components: probes.sources, stability: "experimental" });
        test.start();
        for (const one of steps) if (one.kind === "load") await test.load(configOf(one.pieces));
        expect(await test.load("")).toEqual([]);
        await settled();
        const text = test.metrics.render();
        await test.stop();
        expect(text.split("\n").filter((line) => /probe_builds_total|controller_id="(m_|foreach)/.test(line))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it("stops, at the end, what refers to others before them", async () => {
    const lasting = pieces.map((all) => all.map((piece) => ({ ...piece, fails: false, ends: false, inModule: false, items: 0 })));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), lasting, async (steps, last) => {
        const events = await play([...steps, { kind: "load", pieces: last }], { patient: true, slowness: 1, abrupt: false });
        const stopped = (label: string): number => events.findLastIndex((event) => event.replace(/#\d+$/, "") === `stop ${label}`);
        for (const { label, refersTo } of last) {
          for (const source of refersTo) expect(stopped(label)).toBeLessThan(stopped(source));
        }
      }),
      { numRuns: 100 },
    );
  });
});
