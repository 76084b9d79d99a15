import { formatDuration, parseDuration } from "../duration-text.ts";
import type { Type } from "../type.ts";
import { text } from "./text.ts";

/** A duration such as `15s` or `1h30m`, in milliseconds (fractions down to a nanosecond); `Infinity` is the longest one, about 292 years. */
export const duration: Type<number> = text({ doc: "duration", zero: 0, parse: parseDuration, format: formatDuration });
