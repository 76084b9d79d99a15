import { quote } from "@flameline/syntax";
import type { Value } from "./value.ts";
import { Capsule, ValueError } from "./value.ts";

const hidden = "(secret)";

/** What `console.log` and Node's error printing ask an object for. */
const inspect = Symbol.for("nodejs.util.inspect.custom");

/** A text that no page, log, message or plain string may show. Only {@link Secret.reveal} gives it. */
export class Secret extends Capsule {
  override readonly typeName = "alloytypes.Secret";
  readonly #text: string;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  /** Secrets and texts are equal when their contents are, as the language compares them. */
  override equals(other: Value): boolean {
    return revealed(other) === this.#text;
  }

  override display(): string {
    return hidden;
  }

  override toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [inspect](): string {
    return hidden;
  }
}

/** A text that may be a secret: hidden when flagged, an ordinary text otherwise (contents of files, answers of servers). */
export class OptionalSecret extends Capsule {
  override readonly typeName = "alloytypes.OptionalSecret";
  readonly isSecret: boolean;
  readonly #text: string;

  constructor(text: string, isSecret: boolean) {
    super();
    this.#text = text;
    this.isSecret = isSecret;
  }

  reveal(): string {
    return this.#text;
  }

  override equals(other: Value): boolean {
    return revealed(other) === this.#text;
  }

  /** The quoted text, unless it is secret. */
  override display(): string {
    return this.isSecret ? hidden : quote(this.#text);
  }

  override toString(): string {
    return this.display();
  }

  toJSON(): string {
    return this.isSecret ? hidden : this.#text;
  }

  [inspect](): string {
    return this.display();
  }
}

/** The contents of a secret, an optional secret or a text; undefined for anything else. */
export function revealed(value: Value): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof Secret || value instanceof OptionalSecret ? value.reveal() : undefined;
}

/** Refuses to make a plain text of a secret; gives the text of an optional secret that is none, undefined for anything else. */
export function plainText(value: Value): string | undefined {
  if (value instanceof Secret || (value instanceof OptionalSecret && value.isSecret)) {
    throw new ValueError("secrets may not be converted into strings");
  }
  return value instanceof OptionalSecret ? value.reveal() : undefined;
}
