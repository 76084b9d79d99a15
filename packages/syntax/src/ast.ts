import type { Range, Source } from "./source.ts";

/** Nodes are plain readonly data. `start` and `end` are offsets into the source's text, `end` exclusive. */
interface NodeBase extends Range {}

export interface Identifier extends NodeBase {
  readonly kind: "identifier";
  readonly name: string;
}

export type LiteralKind = "number" | "float" | "string" | "bool" | "null";

export interface Literal extends NodeBase {
  readonly kind: "literal";
  readonly literal: LiteralKind;
  /** As written, quotes included; a raw string without its carriage returns. */
  readonly raw: string;
}

export interface ArrayExpression extends NodeBase {
  readonly kind: "array";
  readonly elements: readonly Expression[];
}

export interface ObjectField {
  /** The key as evaluation sees it: escapes of quoted keys are decoded, and `""` is the empty key (the reference does neither). */
  readonly name: string;
  readonly quoted: boolean;
  /** Where the key stands, quotes included. */
  readonly nameRange: Range;
  readonly value: Expression;
}

export interface ObjectExpression extends NodeBase {
  readonly kind: "object";
  readonly fields: readonly ObjectField[];
}

/** `value.name` */
export interface AccessExpression extends NodeBase {
  readonly kind: "access";
  readonly value: Expression;
  readonly name: Identifier;
}

/** `value[index]` */
export interface IndexExpression extends NodeBase {
  readonly kind: "index";
  readonly value: Expression;
  readonly index: Expression;
  readonly open: number;
  readonly close: number;
}

export interface CallExpression extends NodeBase {
  readonly kind: "call";
  readonly callee: Expression;
  readonly args: readonly Expression[];
  readonly open: number;
  readonly close: number;
}

export type UnaryOperator = "!" | "-";
export type BinaryOperator = "||" | "&&" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "%" | "^";

export interface UnaryExpression extends NodeBase {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly value: Expression;
}

export interface BinaryExpression extends NodeBase {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly operatorStart: number;
  readonly left: Expression;
  readonly right: Expression;
}

export interface ParenExpression extends NodeBase {
  readonly kind: "paren";
  readonly inner: Expression;
}

export type Expression =
  | Identifier
  | Literal
  | ArrayExpression
  | ObjectExpression
  | AccessExpression
  | IndexExpression
  | CallExpression
  | UnaryExpression
  | BinaryExpression
  | ParenExpression;

/** `name = value` */
export interface Attribute extends NodeBase {
  readonly kind: "attribute";
  /** Where this statement was read from: statements of several files meet in one graph. */
  readonly source: Source;
  readonly name: Identifier;
  readonly value: Expression;
}

export interface BlockLabel extends Range {
  readonly name: string;
}

/** `name.of.block "label" { body }` */
export interface Block extends NodeBase {
  readonly kind: "block";
  readonly source: Source;
  /** Fragments joined with `.`. */
  readonly name: string;
  readonly nameRange: Range;
  readonly fragments: readonly Identifier[];
  /** Absent when not written or written as `""`. */
  readonly label: BlockLabel | undefined;
  readonly body: readonly Statement[];
  /** Offsets of `{` and `}`. */
  readonly open: number;
  readonly close: number;
}

export type Statement = Attribute | Block;

export interface Comment extends Range {
  readonly text: string;
}

/** One parsed source. */
export interface File {
  readonly source: Source;
  readonly body: readonly Statement[];
  /** All comments in order of position. */
  readonly comments: readonly Comment[];
}
