import {
  Capsule,
  elementsOf,
  FunctionValue,
  isNumeric,
  kindOf,
  membersIn,
  plainText,
  Uint64,
  type Value,
  ValueError,
  atPath,
  compareTexts,
} from "../schema/index.ts";

// Safe inside HTML, as the reference's encoder has it.
const unsafe = /[<>&\u2028\u2029]/g;

/** A value that JSON cannot hold. Not a {@link ValueError}: the function is to blame, not the place of the value. */
class UnsupportedValue extends Error {}

/**
 * An object as JSON with sorted keys.
 *
 * @throws {@link ValueError} on argument 0 for secrets, which must not become part of a text; without argument for what JSON does not know.
 */
export function encodeJson(value: Value): string {
  const members = membersIn(value);
  if (members === undefined) throw new ValueError("jsonEncode only supports map");
  try {
    return encodeObject(members);
  } catch (error) {
    if (error instanceof UnsupportedValue) throw new ValueError(error.message);
    if (error instanceof ValueError) throw error.of(0);
    throw error;
  }
}

function encodeObject(members: ReadonlyMap<string, Value>): string {
  const keys = [...members.keys()].sort(compareTexts);
  return `{${keys.map((key) => `${encodeString(key)}:${atPath(key, () => encode(members.get(key) ?? null))}`).join(",")}}`;
}

function encode(value: Value): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return encodeString(value);
  if (isNumeric(value)) return encodeNumber(value instanceof Uint64 ? value.value : value);
  const members = membersIn(value);
  if (members !== undefined) return encodeObject(members);
  if (kindOf(value) !== "array") return encodeOther(value);
  return `[${elementsOf(value)
    .map((item, index) => atPath(index, () => encode(item)))
    .join(",")}]`;
}

function encodeOther(value: Value): string {
  const text = plainText(value);
  if (text !== undefined) return encodeString(text);
  if (value instanceof FunctionValue) throw new UnsupportedValue(`json: unsupported type: func${value.signature}`);
  throw new UnsupportedValue(`json: unsupported type: ${value instanceof Capsule ? value.display() : kindOf(value)}`);
}

function encodeNumber(value: bigint | number): string {
  if (typeof value === "bigint") return value.toString();
  if (!Number.isFinite(value))
    throw new UnsupportedValue(`json: unsupported value: ${Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf"}`);
  return Object.is(value, -0) ? "-0" : String(value);
}

function encodeString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
