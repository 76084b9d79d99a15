import type {
  AccessExpression,
  ArrayExpression,
  Attribute,
  BinaryExpression,
  Block,
  CallExpression,
  Expression,
  IndexExpression,
  ObjectExpression,
  ObjectField,
  Statement,
} from "./ast.ts";
import type { Layout } from "./layout.ts";
import type { Range, Source } from "./source.ts";
import { quote } from "./string-literal.ts";

/**
 * Sends the tokens and gaps of nodes to a layout. Lists break their lines where the source does; whether something takes part in an alignment
 * depends on the lines that it takes in the output, so that formatting twice changes nothing.
 */
export class Printer {
  readonly #layout: Layout;
  readonly #source: Source;

  constructor(layout: Layout, source: Source) {
    this.#layout = layout;
    this.#source = source;
  }

  statements(body: readonly Statement[]): void {
    let previous: Statement | undefined;
    for (const statement of body) {
      if (previous !== undefined && (statement.kind === "block" || this.#linesBetween(previous, statement) > 1))
        this.#layout.gap("section");
      const firstLine = statement.kind === "block" ? this.#block(statement) : this.#attribute(statement);
      this.#layout.gap(this.#layout.line > firstLine ? "section" : "line");
      previous = statement;
    }
  }

  /** Prints the expression; returns the output line on which it begins. */
  expression(expression: Expression): number {
    switch (expression.kind) {
      case "identifier":
        return this.#layout.token(expression.name, expression);
      case "literal":
        return this.#layout.token(expression.raw, expression);
      case "array":
        return this.#array(expression);
      case "object":
        return this.#object(expression);
      case "call":
        return this.#call(expression);
      case "binary":
        return this.#binary(expression);
      case "unary":
        return this.#wrapped(expression.operator, firstCharacter(expression), expression.value);
      case "paren":
        return this.#wrapped("(", firstCharacter(expression), expression.inner, ")", lastCharacter(expression));
      case "index":
        return this.#index(expression);
      default:
        return this.#access(expression);
    }
  }

  #index({ value, open, index, close }: IndexExpression): number {
    const line = this.expression(value);
    this.#wrapped("[", characterAt(open), index, "]", characterAt(close));
    return line;
  }

  #access({ value, name }: AccessExpression): number {
    const line = this.expression(value);
    // `5 .name` must not become the number `5.` and a name.
    if (value.kind === "literal" && value.literal === "number") this.#layout.gap("blank");
    this.#layout.token(".");
    this.#layout.token(name.name, name);
    return line;
  }

  #attribute({ name, value }: Attribute): number {
    const line = this.#layout.token(name.name, name);
    this.#assign(value);
    return line;
  }

  /** `= value`, aligned with its neighbours; returns the output line on which the value begins. */
  #assign(value: Expression): number {
    this.#layout.gap("tabstop");
    this.#layout.token("=");
    this.#layout.gap("blank");
    return this.expression(value);
  }

  #block({ fragments, label, body, open, close }: Block): number {
    let line = 0;
    for (const [index, fragment] of fragments.entries()) {
      if (index > 0) this.#layout.token(".");
      const fragmentLine = this.#layout.token(fragment.name, fragment);
      if (index === 0) line = fragmentLine;
    }
    this.#layout.gap("blank");
    if (label !== undefined) {
      this.#layout.token(`"${label.name}"`, label);
      this.#layout.gap("blank");
    }
    this.#layout.token("{", characterAt(open));
    this.#layout.gap("indent", body.length === 0 ? "blank" : "section");
    this.statements(body);
    this.#layout.gap("outdent");
    this.#layout.token("}", characterAt(close));
    return line;
  }

  #array(array: ArrayExpression): number {
    const { elements } = array;
    const line = this.#layout.token("[", firstCharacter(array));
    let above = this.#source.lineOf(array.start);
    for (const [index, element] of elements.entries()) {
      const breaks = this.#source.lineOf(element.start) !== above;
      if (breaks) this.#layout.gap("indent", "section");
      else if (index > 0) this.#layout.gap("blank");
      this.expression(element);
      if (index < elements.length - 1) this.#layout.token(",");
      if (breaks) this.#layout.gap("outdent");
      above = this.#lastLine(element);
    }
    this.#closeList("]", array, elements.length > 0 && above !== this.#lastLine(array));
    return line;
  }

  #call(call: CallExpression): number {
    const { args } = call;
    const line = this.expression(call.callee);
    this.#layout.token("(");
    let above = this.#source.lineOf(call.open);
    for (const [index, argument] of args.entries()) {
      const breaks = this.#source.lineOf(argument.start) !== above;
      if (breaks) this.#layout.gap("section", "indent");
      this.expression(argument);
      if (index < args.length - 1) {
        this.#layout.token(",");
        this.#layout.gap("blank");
      }
      if (breaks) this.#layout.gap("outdent");
      above = this.#lastLine(argument);
    }
    this.#closeList(")", call, args.length > 0 && above !== this.#lastLine(call));
    return line;
  }

  /** The end of an array or a call. A bracket on a line of its own needs a comma before it. */
  #closeList(bracket: string, list: Range, ownLine: boolean): void {
    if (ownLine) {
      this.#layout.token(",");
      this.#layout.gap("indent", "section", "outdent");
    }
    this.#layout.token(bracket, lastCharacter(list));
  }

  #object(object: ObjectExpression): number {
    const { fields } = object;
    const line = this.#layout.token("{", firstCharacter(object));
    this.#layout.gap("indent");
    let above = this.#source.lineOf(object.start);
    let keyLine = line;
    let alignable = false;
    for (const [index, field] of fields.entries()) {
      if (this.#source.lineOf(field.nameRange.start) !== above) this.#layout.gap(alignable ? "line" : "section");
      else if (index > 0) this.#layout.gap("blank");
      keyLine = this.#layout.token(this.#key(field), field.nameRange);
      const valueLine = this.#assign(field.value);
      alignable = this.#layout.line === valueLine;
      if (index < fields.length - 1) this.#layout.token(",");
      above = this.#lastLine(field.nameRange);
    }
    if (this.#closesApart(object, keyLine)) {
      this.#layout.token(",");
      this.#layout.gap("section");
    }
    this.#layout.gap("outdent");
    this.#layout.token("}", lastCharacter(object));
    return line;
  }

  /**
   * Whether the closing brace goes on another line than the last key. A comment right before the brace keeps it on the line of the value; then
   * the lines in the output count, on which line breaks of the source may be gone.
   */
  #closesApart({ fields, end }: ObjectExpression, keyLine: number): boolean {
    const last = fields.at(-1);
    if (last === undefined) return false;
    const closeLine = this.#source.lineOf(end - 1);
    const staysWithComment = this.#layout.commentBefore(end - 1) && this.#lastLine(last.value) === closeLine;
    return staysWithComment ? this.#layout.line !== keyLine : this.#lastLine(last.nameRange) !== closeLine;
  }

  /** Keys stay as written, only backticks become double quotes. */
  #key({ name, quoted, nameRange }: ObjectField): string {
    if (!quoted) return name;
    const written = this.#source.text.slice(nameRange.start, nameRange.end);
    return written.startsWith("`") ? quote(name) : written;
  }

  #binary({ left, operator, operatorStart, right }: BinaryExpression): number {
    const line = this.expression(left);
    this.#layout.gap("blank");
    this.#layout.token(operator, { start: operatorStart, end: operatorStart + operator.length });
    this.#layout.gap("blank");
    this.expression(right);
    return line;
  }

  #wrapped(before: string, place: Range, inner: Expression, after?: string, afterPlace?: Range): number {
    const line = this.#layout.token(before, place);
    this.expression(inner);
    if (after !== undefined) this.#layout.token(after, afterPlace);
    return line;
  }

  #linesBetween(previous: Range, next: Range): number {
    return this.#source.lineOf(next.start) - this.#lastLine(previous);
  }

  #lastLine({ end }: Range): number {
    return this.#source.lineOf(end - 1);
  }
}

function characterAt(start: number): Range {
  return { start, end: start + 1 };
}

function firstCharacter({ start }: Range): Range {
  return characterAt(start);
}

function lastCharacter({ end }: Range): Range {
  return characterAt(end - 1);
}
