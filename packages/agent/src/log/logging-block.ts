import { quote } from "@flameline/syntax";
import type { LogLevel } from "../component/logger.ts";
import type { BlockDefinition, Infer } from "../schema/fields.ts";
import { attr, defineBlock } from "../schema/fields.ts";
import type { Type } from "../schema/type.ts";
import { capsule } from "../schema/types/capsule.ts";
import { list } from "../schema/types/list.ts";
import { text } from "../schema/types/text.ts";
import type { LogFormat } from "./record.ts";

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const formats: readonly LogFormat[] = ["logfmt", "json"];

/** Receivers of log lines, which no component of this program exports: only an empty list can be given. */
const logReceiver: Type<null> = capsule({
  doc: "log receiver",
  typeName: "loki.LogsReceiver",
  zero: () => null,
  unwrap: () => undefined,
  wrap: () => null,
});

const fields = {
  level: attr(word("level", levels, "info"), { doc: "Least severe lines that are written." }),
  format: attr(word("format", formats, "logfmt"), { doc: "Form of the lines." }),
  destination: attr(word("destination", ["stderr"], "stderr"), { doc: "Where lines are written; only standard error is supported." }),
  write_to: attr(list(logReceiver), { doc: "Further receivers of the lines. No component of this program is one." }),
};

export type LoggingArguments = Infer<typeof fields>;

export const loggingBlock: BlockDefinition<LoggingArguments> = defineBlock({ fields });

/** One of a few words; the empty text is the default. */
function word<const W extends string>(name: string, words: readonly W[], preset: W): Type<W> {
  return text({
    doc: words.map((one) => quote(one)).join(" | "),
    parse(written) {
      const found = written === "" ? preset : words.find((one) => one === written);
      if (found === undefined) throw new Error(`unrecognized log ${name} ${quote(written)}`);
      return found;
    },
    format: (value) => value,
  });
}
