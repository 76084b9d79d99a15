import { setImmediate as tick } from "node:timers/promises";
import type { Component, ComponentSource } from "../../component/index.ts";
import { defineComponent } from "../../component/index.ts";
import { any, attr, bool, string } from "../../schema/index.ts";
import { aborted } from "../nodes/aborted.ts";
import { sourcesOf } from "./toy-components.ts";

/**
 * `test.probe` writes down what is done with its instances, as `build a`, `update a`, `run a`, `stop a`, `discard a`, where `a` is the id without the name,
 * and a number that tells instances of one id apart: `build a#2`.
 */
export class Probes {
  readonly events: string[] = [];
  readonly sources: ReadonlyMap<string, ComponentSource>;
  readonly #slowness: number;
  readonly #updating = new Set<string>();
  readonly #counts = new Map<string, number>();
  readonly #publishers = new Map<string, (value: string) => void>();

  /** `slowness`: how many turns of the event loop an instance takes to be updated and to stop. */
  constructor(slowness = 0) {
    this.#slowness = slowness;
    this.sources = sourcesOf([this.#component()]);
  }

  /** Empties the list of events and returns what was in it. */
  take(): readonly string[] {
    return this.events.splice(0);
  }

  /** Lets the newest instance of an id publish something. */
  publish(id: string, value: string): void {
    const publisher = this.#publishers.get(id);
    if (publisher === undefined) throw new Error(`no instance of ${id}`);
    publisher(value);
  }

  /** The same, if there is or was an instance. */
  tryPublish(id: string, value: string): void {
    this.#publishers.get(id)?.(value);
  }

  async #linger(): Promise<void> {
    for (let left = this.#slowness; left > 0; left -= 1) await tick();
  }

  #component(): Component {
    return defineComponent({
      name: "test.probe",
      stability: "generally-available",
      doc: "For tests.",
      arguments: {
        input: attr(any, { doc: "Anything." }),
        output: attr(string, { doc: "What it publishes when it is built or updated." }),
        refuse: attr(string, { doc: "Why it cannot be built or updated." }),
        end: attr(bool, { doc: "Whether its run ends at once." }),
      },
      exports: { output: attr(string, { doc: "What it published." }) },
      build: (context, args) => {
        const id = context.id.replaceAll("test.probe.", "");
        const count = (this.#counts.get(id) ?? 0) + 1;
        const name = count === 1 ? id : `${id}#${count}`;
        if (args.refuse !== "") throw new Error(args.refuse);
        this.#counts.set(id, count);
        this.#publishers.set(id, (output) => context.setExports({ output }));
        this.events.push(`build ${name}`);
        context.metrics.counter({ name: "probe_builds_total", help: "For tests." }).with({}).inc();
        if (args.output !== "") context.setExports({ output: args.output });
        return {
          update: async (next) => {
            if (next.refuse !== "") throw new Error(next.refuse);
            this.events.push(this.#updating.has(name) ? `overlap ${name}` : `update ${name}`);
            this.#updating.add(name);
            await this.#linger();
            this.#updating.delete(name);
            if (next.output !== "") context.setExports({ output: next.output });
          },
          run: async (signal) => {
            this.events.push(`run ${name}`);
            if (!args.end) await aborted(signal);
            await this.#linger();
            this.events.push(`stop ${name}`);
          },
          discard: () => void this.events.push(`discard ${name}`),
        };
      },
    });
  }
}

/** The block of a probe. */
export function probe(label: string, ...attributes: readonly string[]): string {
  return `test.probe "${label}" {\n${attributes.map((attribute) => `  ${attribute}\n`).join("")}}\n`;
}
