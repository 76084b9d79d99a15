import type { BinaryExpression, Expression, Identifier, LiteralKind, ObjectField, UnaryOperator } from "./ast.ts";
import { decodeLiteral } from "./string-literal.ts";
import type { TokenStream } from "./token-stream.ts";
import type { Token, TokenKind } from "./token.ts";
import { isBinaryOperator, precedenceOf } from "./token.ts";

const literalKinds: ReadonlyMap<TokenKind, LiteralKind> = new Map([
  ["NUMBER", "number"],
  ["FLOAT", "float"],
  ["STRING", "string"],
  ["BOOL", "bool"],
  ["NULL", "null"],
]);
const expressionEnds: readonly TokenKind[] = ["TERMINATOR", ")", "}", "]", ","];
const lastCommaHint = "in a list over several lines the last element needs a comma, too";

/** Recursive descent for expressions. In case of errors the nodes have gaps; they must not be used then. */
export class ExpressionParser {
  readonly #tokens: TokenStream;
  readonly #parseBody: () => void;
  /** Levels of the node that was parsed last. */
  #height = 0;

  /** `parseBody` reads the statements of a block up to its `}`, for the message about blocks that stand in for expressions. */
  constructor(tokens: TokenStream, parseBody: () => void) {
    this.#tokens = tokens;
    this.#parseBody = parseBody;
  }

  parse(): Expression {
    return this.#binary(1);
  }

  /** `unary { operator binary }` with operators that bind at least as tightly as `minimum`. */
  #binary(minimum: number): Expression {
    let left = this.#unary();
    for (;;) {
      const operator = this.#tokens.current;
      const precedence = precedenceOf(operator.kind);
      if (precedence < minimum || !isBinaryOperator(operator.kind)) return left;
      const leftHeight = this.#height;
      this.#tokens.advance();
      // `^` is the only operator that groups from the right.
      const right = this.#enclosed(() => this.#binary(operator.kind === "^" ? precedence : precedence + 1));
      left = binary(left, operator.kind, operator.start, right);
      this.#grow(leftHeight, this.#height);
    }
  }

  /** `("!" | "-") unary | postfix` */
  #unary(): Expression {
    const operator = this.#tokens.current;
    if (operator.kind !== "!" && operator.kind !== "-") return this.#postfix();
    this.#tokens.advance();
    const kind: UnaryOperator = operator.kind;
    const value = this.#enclosed(() => this.#unary());
    this.#grow(this.#height);
    return { kind: "unary", start: operator.start, end: value.end, operator: kind, value };
  }

  /** `primary { "." name | "[" index "]" | "(" arguments ")" }` */
  #postfix(): Expression {
    let value = this.#primary();
    for (;;) {
      const height = this.#height;
      if (this.#tokens.at(".")) value = this.#access(value);
      else if (this.#tokens.at("[")) value = this.#index(value);
      else if (this.#tokens.at("(")) value = this.#call(value);
      else if (!this.#tokens.at("STRING", "{") || !this.#skipMisplacedBlock(value)) return value;
      this.#grow(height, this.#height);
    }
  }

  #access(value: Expression): Expression {
    this.#tokens.advance();
    const name = identifier(this.#tokens.expect("IDENT"));
    return { kind: "access", start: value.start, end: name.end, value, name };
  }

  #index(value: Expression): Expression {
    const open = this.#tokens.advance();
    const index = this.#enclosed(() => this.parse());
    const close = this.#tokens.expect("]");
    return { kind: "index", start: value.start, end: close.end, value, index, open: open.start, close: close.start };
  }

  #call(callee: Expression): Expression {
    const open = this.#tokens.advance();
    const args = this.#list(")");
    const close = this.#tokens.expect(")");
    return { kind: "call", start: callee.start, end: close.end, callee, args, open: open.start, close: close.start };
  }

  /** Somebody may have assigned a block to an attribute: reads it to say so. False when it is no block; the statement is skipped then. */
  #skipMisplacedBlock(name: Expression): boolean {
    if (this.#tokens.at("STRING")) this.#tokens.advance();
    if (this.#tokens.expect("{").kind === "{") {
      this.#tokens.enter();
      this.#parseBody();
      this.#tokens.leave();
      const close = this.#tokens.expect("}");
      if (close.kind === "}") {
        const hint = "write the block outside and refer to what it exports by its name and label";
        this.#tokens.fail({ start: name.start, end: close.end }, "cannot use a block as an expression", hint);
        return true;
      }
    }
    this.#tokens.skipStatement();
    return false;
  }

  #primary(): Expression {
    this.#height = 1;
    const { current } = this.#tokens;
    if (current.kind === "IDENT") return identifier(this.#tokens.advance());
    const literal = literalKinds.get(current.kind);
    if (literal !== undefined) {
      this.#tokens.advance();
      return { kind: "literal", start: current.start, end: current.end, literal, raw: current.text };
    }
    if (current.kind === "(") return this.#paren();
    if (current.kind === "[") return this.#array();
    if (current.kind === "{") return this.#object();
    this.#tokens.failHere(`expected expression, got ${current.kind}`);
    this.#tokens.skipTo(...expressionEnds);
    return { kind: "literal", start: current.start, end: current.end, literal: "null", raw: "null" };
  }

  #paren(): Expression {
    const open = this.#tokens.advance();
    const inner = this.#enclosed(() => this.parse());
    this.#grow(this.#height);
    return { kind: "paren", start: open.start, end: this.#tokens.expect(")").end, inner };
  }

  #array(): Expression {
    const open = this.#tokens.advance();
    const elements = this.#list("]");
    this.#grow(this.#height);
    return { kind: "array", start: open.start, end: this.#tokens.expect("]").end, elements };
  }

  #object(): Expression {
    const open = this.#tokens.advance();
    const fields = this.#items("}", "field list", () => this.#field());
    this.#grow(this.#height);
    return { kind: "object", start: open.start, end: this.#tokens.expect("}").end, fields };
  }

  #list(close: TokenKind): readonly Expression[] {
    return this.#items(close, "expression list", () => this.parse());
  }

  /** `[ item { "," item } [ "," ] ]`; the height is that of the highest item. */
  #items<T>(close: TokenKind, what: string, parseItem: () => T): readonly T[] {
    const items: T[] = [];
    let height = 0;
    while (!this.#tokens.at(close, "EOF")) {
      items.push(this.#enclosed(parseItem));
      height = Math.max(height, this.#height);
      if (this.#tokens.at(close)) break;
      if (!this.#tokens.at(",")) this.#tokens.failHere(`missing ',' in ${what}`, this.#tokens.at("TERMINATOR") ? lastCommaHint : undefined);
      this.#tokens.advance();
    }
    this.#height = height;
    return items;
  }

  /** `(name | string) "=" expression` */
  #field(): ObjectField {
    const key = this.#tokens.current;
    if (this.#tokens.at("STRING", "IDENT")) {
      this.#tokens.advance();
    } else {
      this.#tokens.failHere(`expected field name (string or identifier), got ${key.kind}`);
      this.#tokens.skipTo("=");
    }
    this.#tokens.expect("=");
    const value = this.parse();
    const quoted = key.kind === "STRING";
    const name = quoted ? (decodeLiteral(key.text) ?? key.text) : key.text;
    return { name, quoted, nameRange: { start: key.start, end: key.end }, value };
  }

  #enclosed<T>(parse: () => T): T {
    this.#tokens.enter();
    const parsed = parse();
    this.#tokens.leave();
    return parsed;
  }

  /** Sets the height of a node from those of its parts. */
  #grow(...heights: readonly number[]): void {
    this.#height = Math.max(...heights) + 1;
    this.#tokens.checkNesting(this.#height);
  }
}

function identifier({ text, start, end }: Token): Identifier {
  return { kind: "identifier", start, end, name: text };
}

function binary(left: Expression, operator: BinaryExpression["operator"], operatorStart: number, right: Expression): BinaryExpression {
  return { kind: "binary", start: left.start, end: right.end, operator, operatorStart, left, right };
}
