import { textFromBytes } from "@flameline/syntax";
import { Uint64, type Value, ValueError } from "../../schema/index.ts";
import { decodeBase64 } from "../base64.ts";

/** The types of the YAML schema that the reference reads: 1.2 with the octal numbers and timestamps of 1.1. */
type ScalarKind = "str" | "null" | "bool" | "int" | "float" | "timestamp";

interface Resolved {
  readonly kind: ScalarKind;
  readonly value: Value;
}

const words: ReadonlyMap<string, Resolved> = new Map(
  [
    wordsFor(["", "~", "null", "Null", "NULL"], { kind: "null", value: null }),
    wordsFor(["true", "True", "TRUE"], { kind: "bool", value: true }),
    wordsFor(["false", "False", "FALSE"], { kind: "bool", value: false }),
    wordsFor([".nan", ".NaN", ".NAN"], { kind: "float", value: Number.NaN }),
    wordsFor([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], { kind: "float", value: Infinity }),
    wordsFor(["-.inf", "-.Inf", "-.INF"], { kind: "float", value: -Infinity }),
  ].flat(),
);

function wordsFor(spellings: readonly string[], resolved: Resolved): readonly (readonly [string, Resolved])[] {
  return spellings.map((spelling) => [spelling, resolved]);
}

/**
 * The value of a scalar. `tag` is the short form of an explicit tag (`!!int`), empty without one; other tags than YAML's own mean a string.
 *
 * @throws {@link ValueError} for a text that is not of the tag's type.
 */
export function resolveScalar(text: string, tag: string, plain: boolean): Value {
  if (tag === "!!binary") return textFromBytes(decodeBase64(text, "base64"));
  if (tag === "") return plain ? resolve(text).value : text;
  const wanted = /^!!(null|bool|int|float|timestamp)$/.exec(tag)?.[1];
  if (wanted === undefined) return text;
  const { kind, value } = resolve(text);
  if (kind === wanted) return value;
  if (wanted === "float" && kind === "int") return Number(value instanceof Uint64 ? value.value : value);
  throw new ValueError(`yaml: cannot decode !!${kind} \`${text}\` as a ${tag}`);
}

/** Whether a key stands for a string, without which an object cannot have it as a name. */
export function isStringScalar(text: string, tag: string, plain: boolean): boolean {
  return typeof resolveScalar(text, tag, plain) === "string" && (tag !== "" || !plain || resolve(text).kind === "str");
}

function resolve(text: string): Resolved {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return { kind: "str", value: text };
  return timestamp(text) ?? wholeNumber(text.replaceAll("_", "")) ?? float(text) ?? { kind: "str", value: text };
}

function wholeNumber(text: string): Resolved | undefined {
  const [, sign, digits] = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
  const value = sign === "-" ? -magnitude : magnitude;
  if (BigInt.asIntN(64, value) === value) return { kind: "int", value };
  return BigInt.asUintN(64, value) === value ? { kind: "int", value: new Uint64(value) } : undefined;
}

function float(text: string): Resolved | undefined {
  // Only numbers that begin with a digit or a sign may have underscores.
  const plain = text.startsWith(".") ? text : text.replaceAll("_", "");
  const value = Number(plain);
  const isFloat = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(plain) && Number.isFinite(value);
  return isFloat ? { kind: "float", value } : undefined;
}

const timestampPattern =
  /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:([Tt ])([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$/;

/** As RFC 3339 text, which is what the language can do with it. With `T` a zone is required, after a blank there is none. */
function timestamp(text: string): Resolved | undefined {
  const match = timestampPattern.exec(text);
  if (match === null) return undefined;
  const [, year = "", month = "", day = "", separator, hour = "0", minute = "0", second = "0", fraction = "", zone] = match;
  if (separator !== undefined && (separator === " ") !== (zone === undefined)) return undefined;
  const numbers = [year, month, day, hour, minute, second].map(Number);
  if (!isCalendarTime(numbers)) return undefined;
  const [y = 0, ...rest] = numbers;
  const [mo, d, h, mi, s] = rest.map((part) => String(part).padStart(2, "0"));
  const digits = fraction.replace(/\.?0*$/, "");
  return { kind: "timestamp", value: `${String(y).padStart(4, "0")}-${mo}-${d}T${h}:${mi}:${s}${digits}${normalizeZone(zone)}` };
}

function isCalendarTime([year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0]: readonly number[]): boolean {
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, second));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
}

function normalizeZone(zone: string | undefined): string {
  return zone === undefined || zone === "+00:00" ? "Z" : zone;
}
