import { parse, Source } from "@flameline/syntax";
import { MetricsRegistry } from "../../metrics/registry.ts";
import { decodeBody, Scope } from "../../schema/index.ts";
import { profileReceiver } from "../capsules.ts";
import type { Component, ComponentInstance, Health } from "../define.ts";
import { OwnAddresses } from "../own-addresses.ts";
import type { ProfileReceiver } from "../receiver.ts";
import type { JourneyHop } from "../journey.ts";
import type { Services } from "../services.ts";
import { RecordingLog } from "./recording-log.ts";

export interface RunningComponentOptions {
  /** Names that the configuration text may use for receivers. */
  readonly receivers?: Readonly<Record<string, ProfileReceiver>>;
  readonly services?: Partial<Services>;
  /** The directory of its own; none by default. */
  readonly dataPath?: string;
}

/** The services of a program that stands alone. */
export function testServices(): Services {
  return {
    identity: { uid: "uid-of-test", version: "v0.0.0", userAgent: "Flameline/v0.0.0 (linux; binary)", listenAddress: "127.0.0.1:0" },
    cluster: { owns: () => true },
    ownAddresses: new OwnAddresses(),
    journey: { hop: () => silentHop },
    queueByDefault: false,
  };
}

const silentHop: JourneyHop = { note: () => undefined };

/** A component as the runtime keeps it, with its arguments given as configuration text. */
export class RunningComponent implements AsyncDisposable {
  readonly log: RecordingLog = new RecordingLog();
  /** Everything published so far, latest last. */
  readonly published: unknown[] = [];
  readonly #registry = new MetricsRegistry();
  readonly #component: Component;
  readonly #options: RunningComponentOptions;
  readonly #stop = new AbortController();
  #instance: ComponentInstance<unknown> = {};
  #done: Promise<void> = Promise.resolve();

  private constructor(component: Component, options: RunningComponentOptions) {
    this.#component = component;
    this.#options = options;
  }

  /** Builds it from the body of a block and runs it. */
  static async start(component: Component, body: string, options: RunningComponentOptions = {}): Promise<RunningComponent> {
    const running = await RunningComponent.build(component, body, options);
    running.#done = running.#instance.run?.(running.#stop.signal) ?? Promise.resolve();
    return running;
  }

  /** Builds it only, as the runtime does before it knows whether a configuration is in force. */
  static async build(component: Component, body: string, options: RunningComponentOptions = {}): Promise<RunningComponent> {
    const running = new RunningComponent(component, options);
    await running.#build(running.#decode(body));
    return running;
  }

  /** Gives it back instead of running it. */
  async discard(): Promise<void> {
    await this.#instance.discard?.();
  }

  get exports(): unknown {
    return this.published.at(-1);
  }

  get debugInfo(): unknown {
    return this.#instance.debugInfo?.();
  }

  /** What it says about its health itself. */
  get health(): Health | undefined {
    return this.#instance.health?.();
  }

  /** The members of the cluster have changed. */
  clusterChanged(): void {
    this.#instance.clusterChanged?.();
  }

  /** The arguments as its page shows them, when it adds to those that it was given. */
  get arguments(): unknown {
    return this.#instance.arguments?.();
  }

  /** The text of `/metrics`. */
  get metrics(): string {
    return this.#registry.render();
  }

  /** The value of the series whose name and labels, apart from those of the component, begin a line of `/metrics`. */
  metric(series: string): number | undefined {
    const line = this.metrics.split("\n").find((text) => text.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  }

  async update(body: string): Promise<void> {
    await this.#instance.update?.(this.#decode(body));
  }

  /** Stops it and waits until it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  #decode(body: string): unknown {
    const { file, diagnostics } = parse(new Source("test", body));
    if (file === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
    const names = Object.entries(this.#options.receivers ?? {}).map(
      ([name, receiver]) => [name, profileReceiver.encode(receiver)] as const,
    );
    return decodeBody(this.#component.arguments, file.body, new Scope(new Map(names)));
  }

  async #build(args: unknown): Promise<void> {
    this.#instance = await this.#component.build(
      {
        id: `${this.#component.name}.test`,
        dataPath: this.#options.dataPath ?? "",
        log: this.log,
        metrics: this.#registry.scope(),
        services: { ...testServices(), ...this.#options.services },
        setExports: (exports) => this.published.push(exports),
      },
      args,
    );
  }
}
