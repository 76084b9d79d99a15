import { setTimeout as delay } from "node:timers/promises";
import type { Component, ComponentSource } from "../../component/index.ts";
import { defineComponent } from "../../component/index.ts";
import type { Type, Value } from "../../schema/index.ts";
import { Capsule, any, attr, bool, capsule, duration, float, formatValue, int, list, map, nullable, string } from "../../schema/index.ts";

/** Components that do next to nothing, for configurations that test the runtime. */

/** Takes single values, as `ProfileReceiver` takes profiles. */
interface Receiver<T> {
  receive(value: T): void;
}

class ReceiverCapsule<T> extends Capsule {
  readonly typeName: string;
  readonly receiver: Receiver<T>;

  constructor(typeName: string, receiver: Receiver<T>) {
    super();
    this.typeName = typeName;
    this.receiver = receiver;
  }

  override equals(other: Value): boolean {
    return other instanceof ReceiverCapsule && other.receiver === this.receiver;
  }
}

function receiverType<T>(typeName: string): Type<Receiver<T> | null> {
  return capsule<Receiver<T> | null>({
    doc: typeName,
    typeName,
    flow: "receiver",
    zero: () => null,
    unwrap: (value) => (value instanceof ReceiverCapsule && value.typeName === typeName ? (value.receiver as Receiver<T>) : undefined),
    wrap: (receiver) => (receiver === null ? null : new ReceiverCapsule(typeName, receiver)),
  });
}

const intReceiverType = receiverType<number>("testcomponents.IntReceiver");
const stringReceiverType = receiverType<string>("testcomponents.StringReceiver");

const common = { stability: "public-preview", doc: "For tests." } as const;

/** Does something each `interval` milliseconds, asked for anew each time, until it returns false or the signal aborts. */
async function repeat(interval: () => number, signal: AbortSignal, work: () => boolean): Promise<void> {
  try {
    do await delay(interval(), undefined, { signal });
    while (work());
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}

const count = defineComponent({
  ...common,
  name: "testcomponents.count",
  arguments: {
    frequency: attr(duration, { required: true, doc: "How often it counts." }),
    max: attr(int, { required: true, doc: "Where it stops." }),
  },
  exports: { count: attr(int, { doc: "Rises by one." }) },
  build(context, initial) {
    let args = initial;
    let count = 0;
    context.setExports({ count });
    return {
      update(next) {
        args = next;
      },
      async run(signal) {
        await repeat(
          () => args.frequency,
          signal,
          () => {
            if (count < args.max) context.setExports({ count: (count += 1) });
            return true;
          },
        );
      },
    };
  },
});

const pulse = defineComponent({
  ...common,
  name: "testcomponents.pulse",
  arguments: {
    frequency: attr(duration, { required: true, doc: "How often it sends." }),
    max: attr(int, { required: true, doc: "How often altogether." }),
    forward_to: attr(list(intReceiverType), { required: true, doc: "Gets a one each time." }),
  },
  exports: {},
  build(_context, initial) {
    let args = initial;
    let sent = 0;
    return {
      update(next) {
        args = next;
      },
      async run(signal) {
        await repeat(
          () => args.frequency,
          signal,
          () => {
            if (sent < args.max) for (const receiver of args.forward_to) receiver?.receive(1);
            sent += 1;
            return true;
          },
        );
      },
    };
  },
});

const passthrough = defineComponent({
  ...common,
  name: "testcomponents.passthrough",
  arguments: {
    input: attr(string, { required: true, doc: "Comes out again." }),
    lag: attr(duration, { doc: "How long that takes." }),
  },
  exports: { output: attr(string, { doc: "The input." }) },
  debugInfo: { component_version: attr(string, { doc: "Always the same." }) },
  build(context, { input }) {
    context.setExports({ output: input });
    return {
      async update(next) {
        if (next.lag > 0) await delay(next.lag);
        context.setExports({ output: next.input });
      },
      debugInfo: () => ({ component_version: "v0.1-beta.0" }),
    };
  },
});

const summation = defineComponent({
  ...common,
  name: "testcomponents.summation",
  arguments: { input: attr(int, { required: true, doc: "What is added." }) },
  exports: { sum: attr(int, { doc: "Of all inputs." }), last_added: attr(int, { doc: "The last input." }) },
  build(context, { input }) {
    let sum = input;
    context.setExports({ sum, last_added: input });
    return {
      update(next) {
        sum += next.input;
        context.setExports({ sum, last_added: next.input });
      },
    };
  },
});

const summationReceiver = defineComponent({
  ...common,
  name: "testcomponents.summation_receiver",
  arguments: {},
  exports: { receiver: attr(intReceiverType, { doc: "Adds up what it gets." }) },
  debugInfo: { sum: attr(int, { doc: "So far." }) },
  build(context) {
    let sum = 0;
    context.setExports({ receiver: { receive: (value) => void (sum += value) } });
    return { debugInfo: () => ({ sum }) };
  },
});

const stringer = defineComponent({
  ...common,
  name: "testcomponents.stringer",
  arguments: {
    input_string: attr(nullable(string), { doc: "A text." }),
    input_int: attr(nullable(int), { doc: "A whole number." }),
    input_float: attr(nullable(float), { doc: "A number." }),
    input_bool: attr(nullable(bool), { doc: "Yes or no." }),
    input_map: attr(nullable(map(any)), { doc: "An object." }),
    input_array: attr(nullable(list(any)), { doc: "A list." }),
    forward_to: attr(list(stringReceiverType), { required: true, doc: "Get the texts." }),
  },
  exports: {},
  build(_context, initial) {
    const send = ({ forward_to: receivers, ...inputs }: typeof initial): void => {
      for (const input of Object.values(inputs)) {
        if (input !== null)
          for (const receiver of receivers) receiver?.receive(typeof input === "string" ? input : formatValue(any.encode(input)));
      }
    };
    send(initial);
    return { update: send };
  },
});

const stringReceiver = defineComponent({
  ...common,
  name: "testcomponents.string_receiver",
  arguments: {},
  exports: { receiver: attr(stringReceiverType, { doc: "Remembers what it gets." }) },
  debugInfo: { received: attr(list(string), { doc: "So far." }) },
  build(context) {
    const received: string[] = [];
    context.setExports({ receiver: { receive: (value) => void received.push(value) } });
    return { debugInfo: () => ({ received }) };
  },
});

const tick = defineComponent({
  ...common,
  name: "testcomponents.tick",
  arguments: { frequency: attr(duration, { required: true, doc: "How often it ticks." }) },
  exports: { tick_time: attr(string, { doc: "When it last did." }) },
  build(context, initial) {
    let args = initial;
    const tick = (): boolean => {
      context.setExports({ tick_time: new Date().toISOString() });
      return true;
    };
    tick();
    return {
      update(next) {
        args = next;
      },
      run: (signal) => repeat(() => args.frequency, signal, tick),
    };
  },
});

const experimental = defineComponent({
  ...common,
  name: "testcomponents.experimental",
  stability: "experimental",
  arguments: {},
  exports: {},
  build: () => ({ run: untilAborted }),
});

const community = defineComponent({
  ...common,
  name: "testcomponents.community",
  arguments: {},
  exports: {},
  build: () => ({ run: untilAborted }),
});

const toyComponents: readonly Component[] = [
  count,
  pulse,
  passthrough,
  summation,
  summationReceiver,
  stringer,
  stringReceiver,
  tick,
  experimental,
  community,
];

/** Names and loaders as the generated registry has them. */
export function sourcesOf(components: readonly Component[]): ReadonlyMap<string, ComponentSource> {
  return new Map(
    components.map((component): [string, ComponentSource] => [
      component.name,
      {
        name: component.name,
        stability: component.stability,
        community: component.name === "testcomponents.community",
        load: () => Promise.resolve(component),
      },
    ]),
  );
}

export const toySources: ReadonlyMap<string, ComponentSource> = sourcesOf(toyComponents);
