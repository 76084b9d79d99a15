import { describe, expect, it } from "vitest";
import { MetricsRegistry } from "./registry.ts";

interface ParsedFamily {
  type: string;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const labelPair = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;

/** Reads the text format strictly: a line that it does not allow is an error. https://prometheus.io/docs/instrumenting/exposition_formats/ */
function parseTextFormat(text: string): Map<string, ParsedFamily> {
  expect(text === "" || text.endsWith("\n")).toBe(true);
  const families = new Map<string, ParsedFamily>();
  let current: [string, ParsedFamily] | undefined;
  for (const line of text.split("\n").slice(0, -1)) {
    const [, word, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === "HELP") {
      expect(families.has(name), `${name} stands once`).toBe(false);
      current = [name, { type: "", help: rest, samples: [] }];
      families.set(...current);
    } else if (word === "TYPE") {
      expect(current?.[0]).toBe(name);
      if (current) current[1].type = rest;
    } else {
      const sample = parseSample(line);
      expect(sample.name.replace(current?.[1].type === "histogram" ? /_(bucket|sum|count)$/ : /$^/, "")).toBe(current?.[0]);
      current?.[1].samples.push(sample);
    }
  }
  return families;
}

function parseSample(line: string): ParsedFamily["samples"][number] {
  const match = sampleLine.exec(line);
  if (match === null) throw new Error(`not a sample: ${line}`);
  const [, name = "", inner = "", value = ""] = match;
  const labels: Record<string, string> = {};
  for (let rest = inner; rest !== "";) {
    const pair = labelPair.exec(rest);
    if (pair === null) throw new Error(`bad labels: ${inner}`);
    labels[pair[1] ?? ""] = JSON.parse(`"${pair[2]}"`) as string;
    rest = rest.slice(pair[0].length);
  }
  return { name, labels, value: value === "+Inf" ? Infinity : value === "-Inf" ? -Infinity : Number(value) };
}

describe("MetricsRegistry", () => {
  it("shows one family for the series of all scopes", () => {
    const registry = new MetricsRegistry();
    for (const id of ["a", "b"]) {
      const scope = registry.scope({ component_path: "/", component_id: id });
      scope
        .counter({ name: "x_total", help: "All x.", labels: ["endpoint"] })
        .with({ endpoint: `http://${id}` })
        .inc(id === "a" ? 2 : 0.5);
    }
    const text = registry.render();
    expect(text.match(/# TYPE/g)).toHaveLength(1);
    expect(parseTextFormat(text).get("x_total")).toEqual({
      type: "counter",
      help: "All x.",
      samples: [
        { name: "x_total", labels: { component_id: "a", component_path: "/", endpoint: "http://a" }, value: 2 },
        { name: "x_total", labels: { component_id: "b", component_path: "/", endpoint: "http://b" }, value: 0.5 },
      ],
    });
  });

  it("sorts families and labels by name", () => {
    const registry = new MetricsRegistry();
    const scope = registry.scope({ m: "1" });
    scope
      .gauge({ name: "b", help: "B", labels: ["z", "a"] })
      .with({ z: "2", a: "3" })
      .set(1);
    scope.gauge({ name: "a", help: "A" }).with({}).set(-1.5);
    expect(registry.render()).toBe('# HELP a A\n# TYPE a gauge\na{m="1"} -1.5\n# HELP b B\n# TYPE b gauge\nb{a="3",m="1",z="2"} 1\n');
  });

  it("gives the same series for the same label values and forgets removed ones", () => {
    const registry = new MetricsRegistry();
    const family = registry.scope().gauge({ name: "g", help: "G", labels: ["a", "b"] });
    expect(family.with({ a: "x", b: "y" })).toBe(family.with({ b: "y", a: "x" }));
    expect(family.with({ a: "xy", b: "" })).not.toBe(family.with({ a: "x", b: "y" }));
    family.remove({ a: "x", b: "y" });
    expect(
      parseTextFormat(registry.render())
        .get("g")
        ?.samples.map(({ labels }) => labels),
    ).toEqual([{ a: "xy", b: "" }]);
  });

  it("gives the same family when a scope asks again, and refuses another form of it", () => {
    const registry = new MetricsRegistry();
    const scope = registry.scope();
    const options = { name: "c_total", help: "C", labels: ["a"] as const };
    expect(scope.counter(options)).toBe(scope.counter(options));
    expect(() => scope.counter({ ...options, labels: [] })).toThrow("other labels");
    expect(() => registry.scope().gauge(options)).toThrow("cannot be a gauge");
  });

  it("counts histograms cumulatively, bounds included", () => {
    const registry = new MetricsRegistry();
    const series = registry
      .scope()
      .histogram({ name: "h", help: "H", buckets: [1, 0.1] })
      .with({});
    for (const value of [0.1, 0.5, 1, 7]) series.observe(value);
    expect(parseTextFormat(registry.render()).get("h")?.samples).toEqual([
      { name: "h_bucket", labels: { le: "0.1" }, value: 1 },
      { name: "h_bucket", labels: { le: "1" }, value: 3 },
      { name: "h_bucket", labels: { le: "+Inf" }, value: 4 },
      { name: "h_sum", labels: {}, value: 8.6 },
      { name: "h_count", labels: {}, value: 4 },
    ]);
  });

  it("escapes what the format cannot carry as it is", () => {
    const registry = new MetricsRegistry();
    const value = 'quote " backslash \\ newline \n end';
    registry.scope({ a: value }).gauge({ name: "g", help: "two\nlines \\" }).with({}).set(Infinity);
    const family = parseTextFormat(registry.render()).get("g");
    expect(family?.help).toBe("two\\nlines \\\\");
    expect(family?.samples).toEqual([{ name: "g", labels: { a: value }, value: Infinity }]);
  });

  it("refuses names that the format cannot carry, labels of the scope, and counters that go down", () => {
    const scope = new MetricsRegistry().scope({ component_id: "x" });
    expect(() => scope.gauge({ name: "a-b", help: "" })).toThrow("not a metric name");
    expect(() => scope.gauge({ name: "a", help: "", labels: ["b-c"] })).toThrow("not a label name");
    expect(() => scope.gauge({ name: "a", help: "", labels: ["component_id"] })).toThrow("belongs to the scope");
    expect(() => scope.counter({ name: "a", help: "" }).with({}).inc(-1)).toThrow(RangeError);
    expect(() => scope.counter({ name: "a", help: "" }).with({}).inc(Number.NaN)).toThrow(RangeError);
  });

  it("runs collectors before each rendering, until their scope closes", () => {
    const registry = new MetricsRegistry();
    const scope = registry.scope();
    const gauge = scope.gauge({ name: "g", help: "G" }).with({});
    let calls = 0;
    scope.onCollect(() => gauge.set((calls += 1)));
    expect(registry.render()).toContain("g 1");
    expect(registry.render()).toContain("g 2");
    scope.close();
    expect(registry.render()).toBe("");
    expect(calls).toBe(2);
  });

  it("removes the series of a closed scope and of the scopes below it, and nothing else", () => {
    const registry = new MetricsRegistry();
    const parent = registry.scope({ module: "m" });
    const child = parent.scope({ component_id: "c" });
    const other = registry.scope({ module: "n" });
    for (const scope of [parent, child, other]) scope.counter({ name: "x_total", help: "X" }).with({}).inc();
    expect(
      parseTextFormat(registry.render())
        .get("x_total")
        ?.samples.map(({ labels }) => labels),
    ).toEqual([{ module: "m" }, { component_id: "c", module: "m" }, { module: "n" }]);
    parent.close();
    expect(
      parseTextFormat(registry.render())
        .get("x_total")
        ?.samples.map(({ labels }) => labels),
    ).toEqual([{ module: "n" }]);
  });
});
