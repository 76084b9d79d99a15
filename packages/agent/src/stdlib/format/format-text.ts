import { Uint64, type Value } from "../../schema/index.ts";
import { atArgument } from "../define-function.ts";
import { type Flags, noFlags } from "./directive.ts";
import { printTyped, printValue } from "./print-value.ts";

/** Larger widths and precisions make a directive invalid. */
const maxSize = 1_000_000;

/**
 * The text of a format with Go's verbs (https://pkg.go.dev/fmt). Never fails for what the format says: mistakes show in the text, as `%!d(string=x)`,
 * `%!d(MISSING)` or `%!(EXTRA int=1)`.
 *
 * @throws ValueError for a secret among the arguments (numbered from the format, which is argument 0).
 */
export function formatText(format: string, args: readonly Value[]): string {
  return new Formatter(format, args).run();
}

class Formatter {
  readonly #format: string;
  readonly #args: readonly Value[];
  #at = 0;
  #next = 0;
  /** An index such as `[2]` came up: unused arguments are no mistake then. */
  #reordered = false;
  #goodIndex = true;
  #afterIndex = false;

  constructor(format: string, args: readonly Value[]) {
    this.#format = format;
    this.#args = args;
  }

  run(): string {
    const parts: string[] = [];
    while (this.#at < this.#format.length) {
      const percent = this.#format.indexOf("%", this.#at);
      parts.push(this.#format.slice(this.#at, percent < 0 ? undefined : percent));
      if (percent < 0) break;
      this.#at = percent + 1;
      parts.push(this.#directive());
    }
    parts.push(this.#extra());
    return parts.join("");
  }

  #directive(): string {
    this.#goodIndex = true;
    this.#afterIndex = false;
    const flags = noFlags();
    this.#readFlags(flags);
    this.#readIndex();
    const problems = this.#readWidth(flags) + this.#readPrecision(flags);
    if (!this.#afterIndex) this.#readIndex();
    const verb = this.#readVerb();
    return problems + (verb === undefined ? "%!(NOVERB)" : this.#apply(verb, flags));
  }

  #apply(verb: string, flags: Flags): string {
    if (verb === "%") return "%";
    if (!this.#goodIndex) return `%!${verb}(BADINDEX)`;
    if (this.#next >= this.#args.length) return `%!${verb}(MISSING)`;
    const index = this.#next;
    this.#next += 1;
    if (verb === "v" || verb === "w") Object.assign(flags, { sharpV: flags.sharp, sharp: false, plusV: flags.plus, plus: false });
    return atArgument(index + 1, () => printValue(this.#args[index] ?? null, verb, flags));
  }

  #readFlags(flags: Flags): void {
    for (; ; this.#at += 1) {
      const flag = this.#format[this.#at];
      if (flag === "#") flags.sharp = true;
      else if (flag === "0") flags.zero = true;
      else if (flag === "+") flags.plus = true;
      else if (flag === "-") flags.minus = true;
      else if (flag === " ") flags.space = true;
      else return;
    }
  }

  /** Returns what is wrong with the width, as text. */
  #readWidth(flags: Flags): string {
    if (this.#format[this.#at] === "*") {
      const width = this.#sizeFromArgument();
      if (width === undefined) return "%!(BADWIDTH)";
      if (width < 0) Object.assign(flags, { minus: true, zero: false });
      flags.width = Math.abs(width);
      return "";
    }
    flags.width = this.#readSize();
    if (this.#afterIndex && flags.width !== undefined) this.#goodIndex = false;
    return "";
  }

  /** Returns what is wrong with the precision, as text. */
  #readPrecision(flags: Flags): string {
    if (this.#format[this.#at] !== ".") return "";
    this.#at += 1;
    if (this.#afterIndex) this.#goodIndex = false;
    this.#readIndex();
    if (this.#format[this.#at] !== "*") {
      flags.precision = this.#readSize() ?? 0;
      return "";
    }
    const precision = this.#sizeFromArgument();
    flags.precision = precision !== undefined && precision >= 0 ? precision : undefined;
    return flags.precision === undefined ? "%!(BADPREC)" : "";
  }

  #sizeFromArgument(): number | undefined {
    this.#at += 1;
    this.#afterIndex = false;
    const given = this.#args[this.#next];
    if (this.#next < this.#args.length) this.#next += 1;
    const value = given instanceof Uint64 ? given.value : given;
    return typeof value === "bigint" && value <= maxSize && value >= -maxSize ? Number(value) : undefined;
  }

  #readSize(): number | undefined {
    const [digits = ""] = /^[0-9]*/.exec(this.#format.slice(this.#at)) ?? [];
    if (digits === "") return undefined;
    const size = Number(digits);
    this.#at = size > maxSize ? this.#format.length : this.#at + digits.length;
    return size > maxSize ? undefined : size;
  }

  /** `[n]` chooses the argument for what follows. */
  #readIndex(): void {
    this.#afterIndex = false;
    if (this.#format[this.#at] !== "[") return;
    this.#reordered = true;
    const close = this.#format.indexOf("]", this.#at);
    const inside = close < 0 ? "" : this.#format.slice(this.#at + 1, close);
    this.#at = close < 0 ? this.#at + 1 : close + 1;
    this.#afterIndex = /^[0-9]+$/.test(inside);
    const index = this.#afterIndex ? Number(inside) : 0;
    if (index >= 1 && index <= this.#args.length) this.#next = index - 1;
    else this.#goodIndex = false;
  }

  #readVerb(): string | undefined {
    const code = this.#format.codePointAt(this.#at);
    if (code === undefined) return undefined;
    const verb = String.fromCodePoint(code);
    this.#at += verb.length;
    return verb;
  }

  #extra(): string {
    if (this.#reordered || this.#next >= this.#args.length) return "";
    const shown = this.#args.slice(this.#next).map((value, index) => atArgument(this.#next + index + 1, () => printTyped(value)));
    return `%!(EXTRA ${shown.join(", ")})`;
  }
}
