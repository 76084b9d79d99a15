import { Labels } from "@flameline/profile";
import { textFromBytes } from "@flameline/syntax";
import { compareTexts } from "../schema/compare-texts.ts";
import { formatNumberShort } from "../schema/number-text.ts";
import { OptionalSecret, Secret } from "../schema/secret.ts";
import type { Type } from "../schema/type.ts";
import { capsule } from "../schema/types/capsule.ts";
import { elementsOf, list } from "../schema/types/list.ts";
import { Capsule, FunctionValue, kindOf, Uint64, type Value, ValueError } from "../schema/value.ts";
import { atPath } from "../schema/value-path.ts";

/** Something to profile: labels that say where it is and what is known about it. In the language it may be used like an object of texts. */
export class Target extends Capsule {
  static readonly empty: Target = new Target(Labels.empty);

  override readonly typeName = "discovery.Target";
  readonly labels: Labels;
  /** Names that were given no value: they are no labels, but stand in the object as it is shown and used. */
  readonly #unset: readonly string[];
  #members: ReadonlyMap<string, Value> | undefined;

  constructor(labels: Labels, unset: readonly string[] = []) {
    super();
    this.labels = labels;
    this.#unset = unset;
  }

  static of(labels: Readonly<Record<string, string>>): Target {
    return new Target(Labels.of(labels));
  }

  /** Targets are equal when their labels are, and what has no value; a target is also equal to an object that makes the same target. */
  override equals(other: Value): boolean {
    if (other instanceof Target) return this.labels.equals(other.labels) && this.#unset.join("\n") === other.#unset.join("\n");
    const members = this.members();
    if (!(other instanceof Map) || other.size !== members.size) return false;
    return [...members].every(([name, value]) => other.get(name) === value);
  }

  /** Whether it shows names that have no value. */
  get hasUnset(): boolean {
    return this.#unset.length > 0;
  }

  override members(): ReadonlyMap<string, Value> {
    this.#members ??= this.#unset.length === 0 ? new Map(this.labels) : this.#withUnset();
    return this.#members;
  }

  #withUnset(): ReadonlyMap<string, Value> {
    const all = [...this.labels, ...this.#unset.map((name) => [name, ""] as const)];
    return new Map(all.sort(([a], [b]) => compareTexts(a, b)));
  }
}

/** A target: an object of texts, numbers and bools, or a target of another component. */
export const target: Type<Target> = capsule({
  doc: "target",
  typeName: "discovery.Target",
  zero: () => Target.empty,
  unwrap(value) {
    if (value instanceof Target) return value;
    if (!(value instanceof Map)) throw refused(`conversion from '${runtimeType(value)}' is not supported`);
    const members: ReadonlyMap<string, Value> = value;
    const labels = Array.from(members, ([name, member]): [string, string] => [name, labelValue(name, member)]);
    return new Target(Labels.of(labels), labels.flatMap(([name, text]) => (text === "" ? [name] : [])).sort(compareTexts));
  },
  wrap: (value) => value,
});

const plainTargets = list(target);

/**
 * A list of targets. Lists that other components export may stand among them: `targets = [discovery.http.a.targets]` is how the reference's own documentation
 * writes it, although the reference refuses it.
 */
export const targets: Type<readonly Target[]> = {
  ...plainTargets,
  decode(value) {
    if (value === null) return [];
    return elementsOf(value).flatMap((item, index) => (isExported(item) ? item : atPath(index, () => target.decode(item))));
  },
};

function isExported(value: Value): value is readonly Target[] {
  return Array.isArray(value) && (value as readonly Value[]).every((item) => item instanceof Target);
}

function labelValue(name: string, value: Value): string {
  if (typeof value === "string") return value;
  if (value === null) throw refused("cannot convert a nil value to a target value");
  if (typeof value === "boolean") return String(value);
  if (typeof value === "bigint" || typeof value === "number" || value instanceof Uint64) return formatNumberShort(value);
  if (value instanceof Uint8Array) return textFromBytes(value);
  if (value instanceof OptionalSecret && !value.isSecret) return value.reveal();
  if (value instanceof Secret || value instanceof OptionalSecret) throw refused("cannot use a secret as a target value");
  throw new ValueError(`target::ConvertFrom: cannot use ${withArticle(kindOf(value))} as a target value`, [name]);
}

function withArticle(noun: string): string {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}

function refused(reason: string): ValueError {
  return new ValueError(`target::ConvertFrom: ${reason}`);
}

/** What the reference calls a value's type in this one message. */
function runtimeType(value: Value): string {
  if (typeof value === "bigint") return "int64";
  if (typeof value === "number") return "float64";
  if (typeof value === "boolean") return "bool";
  if (value instanceof Uint64) return "uint64";
  if (value instanceof Capsule) return value.typeName;
  if (value instanceof Uint8Array) return "[]byte";
  if (value instanceof FunctionValue) return "function";
  return kindOf(value) === "array" ? "[]value.Value" : kindOf(value);
}
