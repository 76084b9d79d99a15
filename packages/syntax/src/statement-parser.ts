import type { Attribute, Block, BlockLabel, Identifier, Statement } from "./ast.ts";
import { isIdentifier } from "./character.ts";
import { ExpressionParser } from "./expression-parser.ts";
import type { Range } from "./source.ts";
import { quote } from "./string-literal.ts";
import type { TokenStream } from "./token-stream.ts";
import type { Token } from "./token.ts";

/** What stands in front of `=` or `{`. */
interface Header {
  readonly fragments: readonly Identifier[];
  readonly nameRange: Range;
  /** The label as a token; there may be one that is empty or wrong. */
  readonly label: Token | undefined;
}

/** Recursive descent for statements. In case of errors the nodes have gaps; they must not be used then. */
export class StatementParser {
  readonly #tokens: TokenStream;
  readonly #expressions: ExpressionParser;

  constructor(tokens: TokenStream) {
    this.#tokens = tokens;
    this.#expressions = new ExpressionParser(tokens, () => void this.parseBody("}"));
  }

  /** `[ statement { TERMINATOR statement } [ TERMINATOR ] ]` up to the token that closes the body. */
  parseBody(close: "EOF" | "}"): readonly Statement[] {
    const body: Statement[] = [];
    while (!this.#tokens.at(close, "EOF")) {
      const statement = this.#statement();
      if (statement !== undefined) body.push(statement);
      if (this.#tokens.at(close)) break;
      if (!this.#tokens.at("TERMINATOR")) {
        this.#tokens.failHere(`expected TERMINATOR, got ${this.#tokens.current.kind}`);
        this.#tokens.skipStatement();
      }
      this.#tokens.advance();
    }
    return body;
  }

  #statement(): Statement | undefined {
    const header = this.#header();
    if (header !== undefined && this.#tokens.at("=")) return this.#attribute(header);
    if (header !== undefined && this.#tokens.at("{")) return this.#block(header);
    const { kind } = this.#tokens.current;
    if (header === undefined) this.#tokens.failHere(`expected identifier, got ${kind}`);
    else if (mayBeAttribute(header)) this.#tokens.failHere(`expected attribute assignment or block body, got ${kind}`);
    else this.#tokens.failHere(`expected block body, got ${kind}`);
    this.#tokens.skipTo("IDENT");
    return undefined;
  }

  /** `name { "." name } [ label ]`; undefined when the statement does not begin with a name. */
  #header(): Header | undefined {
    if (!this.#tokens.at("IDENT")) return undefined;
    const fragments = [this.#fragment()];
    while (this.#tokens.at(".")) {
      this.#tokens.advance();
      if (!this.#tokens.at("IDENT")) this.#tokens.failHere(`expected identifier, got ${this.#tokens.current.kind}`);
      fragments.push(this.#fragment());
    }
    const nameRange = { start: fragments[0]?.start ?? 0, end: fragments.at(-1)?.end ?? 0 };
    return { fragments, nameRange, label: this.#tokens.at("=", "{") ? undefined : this.#label() };
  }

  #fragment(): Identifier {
    const { text, start, end } = this.#tokens.advance();
    return { kind: "identifier", start, end, name: text };
  }

  #label(): Token | undefined {
    const { kind, text } = this.#tokens.current;
    if (kind !== "STRING") this.#tokens.failHere(`expected block label, got ${kind}`);
    else if (!text.startsWith('"')) this.#tokens.failHere(`expected block label to be a double quoted string, but got ${quote(text)}`);
    else if (text.length > 2 && !isIdentifier(text.slice(1, -1))) {
      this.#tokens.failHere(`expected block label to be a valid identifier, but got ${quote(text.slice(1, -1))}`);
    }
    const label = this.#tokens.advance();
    return kind === "STRING" ? label : undefined;
  }

  #attribute({ fragments, nameRange, label }: Header): Attribute {
    this.#tokens.advance();
    if (fragments.length !== 1) this.#tokens.fail(nameRange, 'attribute names may only consist of a single identifier with no "."');
    else if (label !== undefined) this.#tokens.fail({ start: label.start, end: label.end }, "attribute names may not have labels");
    const value = this.#expressions.parse();
    const name: Identifier = { kind: "identifier", ...nameRange, name: nameOf(fragments) };
    return { kind: "attribute", start: name.start, end: value.end, source: this.#tokens.source, name, value };
  }

  #block({ fragments, nameRange, label }: Header): Block {
    const open = this.#tokens.advance();
    this.#tokens.enter();
    const body = this.parseBody("}");
    this.#tokens.leave();
    const close = this.#tokens.expect("}");
    return {
      kind: "block",
      start: nameRange.start,
      end: close.end,
      source: this.#tokens.source,
      name: nameOf(fragments),
      nameRange,
      fragments,
      label: label === undefined ? undefined : labelOf(label),
      body,
      open: open.start,
      close: close.start,
    };
  }
}

function nameOf(fragments: readonly Identifier[]): string {
  return fragments.map(({ name }) => name).join(".");
}

function labelOf({ text, start, end }: Token): BlockLabel | undefined {
  return text.length > 2 ? { name: text.slice(1, -1), start, end } : undefined;
}

/** One name without a label could begin an attribute as well as a block. */
function mayBeAttribute({ fragments, label }: Header): boolean {
  return fragments.length === 1 && (label === undefined || labelOf(label) === undefined);
}
