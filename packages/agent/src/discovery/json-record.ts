/**
 * An object in the answer of a foreign API. What is missing, null or of another kind than asked for is empty: versions of such APIs differ, and a member that
 * one of them leaves out must not cost all targets.
 */
export class JsonRecord {
  static readonly empty: JsonRecord = new JsonRecord({});

  readonly #members: Readonly<Record<string, unknown>>;

  private constructor(members: Readonly<Record<string, unknown>>) {
    this.#members = members;
  }

  static of(value: unknown): JsonRecord {
    return isRecord(value) ? new JsonRecord(value) : JsonRecord.empty;
  }

  /** Whether there is such an object. */
  has(name: string): boolean {
    return isRecord(this.#member(name));
  }

  text(name: string): string {
    const value = this.#member(name);
    return typeof value === "string" ? value.toWellFormed() : "";
  }

  /** 0 when there is no such number. */
  number(name: string): number {
    const value = this.#member(name);
    return typeof value === "number" ? value : 0;
  }

  bool(name: string): boolean {
    return this.#member(name) === true;
  }

  /** `true` or `false` for a bool. */
  flag(name: string): string {
    const value = this.#member(name);
    return typeof value === "boolean" ? String(value) : "";
  }

  record(name: string): JsonRecord {
    return JsonRecord.of(this.#member(name));
  }

  /** The objects of a list. */
  records(name: string): readonly JsonRecord[] {
    return recordsOf(this.#member(name));
  }

  /** The texts of a list. */
  texts(name: string): readonly string[] {
    const value = this.#member(name);
    return Array.isArray(value) ? (value as readonly unknown[]).filter((item) => typeof item === "string") : [];
  }

  /** The members that are objects, by name. */
  entries(): readonly (readonly [name: string, value: JsonRecord])[] {
    return Object.keys(this.#members).map((name) => [name, this.record(name)]);
  }

  /** The members that are texts, by name. */
  textEntries(): readonly (readonly [name: string, value: string])[] {
    return Object.keys(this.#members).map((name) => [name, this.text(name)]);
  }

  #member(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }
}

/** The objects of a list; none when it is no list. */
function recordsOf(value: unknown): readonly JsonRecord[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter(isRecord).map((item) => JsonRecord.of(item)) : [];
}

/** The objects of an answer that has to be a list. Throws for any other text, with what it begins with. */
export function readJsonList(body: Uint8Array): readonly JsonRecord[] {
  const text = new TextDecoder().decode(body);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`the answer is no JSON: ${JSON.stringify(text.slice(0, shownCharacters))}`);
  }
  // The encoders of some programs write null for an empty list.
  if (value !== null && !Array.isArray(value)) throw new Error(`the answer is no list: ${JSON.stringify(text.slice(0, shownCharacters))}`);
  return recordsOf(value);
}

const shownCharacters = 100;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
