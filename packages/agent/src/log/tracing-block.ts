import type { BlockDefinition, Infer } from "../schema/fields.ts";
import { attr, defineBlock, optionalBlock } from "../schema/fields.ts";
import type { Type } from "../schema/type.ts";
import { bool } from "../schema/types/bool.ts";
import { capsule } from "../schema/types/capsule.ts";
import { duration } from "../schema/types/duration.ts";
import { list } from "../schema/types/list.ts";
import { float, int } from "../schema/types/numbers.ts";
import { string } from "../schema/types/string.ts";

/** Receivers of spans, which no component of this program exports: only an empty list can be given. */
const spanConsumer: Type<null> = capsule({
  doc: "span consumer",
  typeName: "otelcol.Consumer",
  zero: () => null,
  unwrap: () => undefined,
  wrap: () => null,
});

const jaegerRemote = defineBlock({
  fields: {
    url: attr(string, { default: "http://127.0.0.1:5778/sampling", doc: "Where the sampling rules come from." }),
    max_operations: attr(int, { default: 256, doc: "Most operations with rules of their own." }),
    refresh_interval: attr(duration, { default: 60_000, doc: "How often the rules are asked for." }),
  },
});

const sampler = defineBlock({ fields: { jaeger_remote: optionalBlock(jaegerRemote, { doc: "Rules from a Jaeger agent." }) } });

const fields = {
  sampling_fraction: attr(float, { default: 0.1, doc: "Share of traces that are kept." }),
  send_traceparent: attr(bool, { doc: "Whether requests of this program carry a trace context." }),
  write_to: attr(list(spanConsumer), { doc: "Receivers of the spans. No component of this program is one." }),
  sampler: optionalBlock(sampler, { doc: "Where sampling decisions come from." }),
};

export type TracingArguments = Infer<typeof fields>;

/** The program makes no spans; the block is accepted, so that configurations which have one keep working. */
export const tracingBlock: BlockDefinition<TracingArguments> = defineBlock({ fields });
