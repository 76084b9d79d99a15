import type { Infer } from "../../schema/index.ts";
import { attr, bool, byteSize, defineBlock, duration, nullable } from "../../schema/index.ts";

/** Room for more than an hour of 50 profiles of 20 KB a second. */
const defaultMaxBytes = 5 * 2 ** 30;

/** Pyroscope refuses what is older than an hour. */
const defaultMaxAgeMs = 50 * 60_000;

/** Less cannot hold a profile of usual size beside the format's own needs. */
const leastMaxBytes = 2 ** 20;

const queueFields = {
  enabled: attr(nullable(bool), {
    doc: "Whether profiles are kept on disk until the endpoint has them, and acknowledged as soon as they are there. Default: the flag `--queue.enabled` of `run`, which is true.",
  }),
  max_bytes: attr(byteSize, {
    default: defaultMaxBytes,
    doc: "Room on disk for each endpoint. When it is used up, the oldest profiles of the tenant that holds most make room; they are counted as evicted.",
  }),
  max_age: attr(duration, {
    default: defaultMaxAgeMs,
    doc: "How long a profile waits for the endpoint before it is given up and counted as expired. Pyroscope refuses profiles that are older than an hour unless it is configured otherwise.",
  }),
};

type QueueArguments = Infer<typeof queueFields>;

export const queueBlock = defineBlock({
  fields: queueFields,
  validate({ max_bytes: maxBytes, max_age: maxAgeMs }: QueueArguments): string | undefined {
    if (maxBytes < leastMaxBytes) return "max_bytes must be at least 1MiB";
    return maxAgeMs <= 0 ? "max_age must be greater than 0s" : undefined;
  },
});

/** How profiles are kept for each endpoint. */
export interface QueueSettings {
  readonly enabled: boolean;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

export function queueSettings(args: QueueArguments | undefined, enabledByDefault: boolean): QueueSettings {
  return {
    enabled: args?.enabled ?? enabledByDefault,
    maxBytes: args?.max_bytes ?? defaultMaxBytes,
    maxAgeMs: args?.max_age ?? defaultMaxAgeMs,
  };
}
