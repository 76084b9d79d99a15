import type { Stability } from "../../component/define.ts";
import { formatDuration, parseDuration } from "../../schema/duration-text.ts";
import type { FlagType } from "./flag.ts";

const trueTexts = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const falseTexts = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/** `--flag` alone means true; another value needs `=`: `--flag=false`. */
export const boolean: FlagType<boolean> = {
  placeholder: "",
  parse(text) {
    if (trueTexts.has(text)) return true;
    if (falseTexts.has(text)) return false;
    throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
  },
  show: (value) => (value ? "true" : ""),
};

export const text: FlagType<string> = { placeholder: "string", parse: (value) => value, show: (value) => value };

/** A list separated by commas. */
export const texts: FlagType<readonly string[]> = {
  placeholder: "strings",
  parse: (value) => (value === "" ? [] : value.split(",")),
  show: (values) => values.join(","),
};

export const integer: FlagType<number> = {
  placeholder: "int",
  parse(value) {
    const number = Number(value);
    if (!/^[+-]?\d+$/.test(value)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    if (!Number.isSafeInteger(number)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`);
    return number;
  },
  show: String,
};

/** In milliseconds; written as in Go: `10m`, `1h30m`, `500ms`. */
export const duration: FlagType<number> = { placeholder: "duration", parse: parseDuration, show: formatDuration };

const stabilities: readonly Stability[] = ["experimental", "public-preview", "generally-available"];

export const stability: FlagType<Stability> = {
  placeholder: "level",
  parse(value) {
    const found = stabilities.find((name) => name === value);
    if (found === undefined) throw new Error(`invalid stability level ${JSON.stringify(value)}`);
    return found;
  },
  show: (value) => value,
};
