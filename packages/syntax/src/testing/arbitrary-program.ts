import * as fc from "fast-check";

/**
 * Valid programs for property tests, with blanks, line breaks and comments wherever the language allows them.
 *
 * A program is first a list of tokens and of marks for the places between statements; {@link spell} puts something between them.
 */
type Piece = string;

/** Ends a statement; the next one follows. */
const separator = "<separator>";
/** Before the `}` of a block, where a line may end or not. */
const bodyEnd = "<body end>";

const name = fc.constantFrom("a", "bb", "c_1", "long_name", "é", "日本");
const literal = fc.constantFrom(
  "1",
  "017",
  "1.5",
  "1.",
  ".5",
  "2e3",
  "true",
  "null",
  '""',
  '"text"',
  '"a\tb"',
  '"\\u00e9\\n\\xff"',
  "`raw`",
  "`two \n\tlines`",
  "`\n\n`",
);
const key = fc.oneof(name, fc.constantFrom('"quoted key"', '"a\\"b"', '"tab\\t"', "`raw key`", '""'));
const binaryOperator = fc.constantFrom("||", "&&", "==", "<", "+", "-", "*", "/", "%", "^");

function list(items: readonly (readonly Piece[])[], lastComma: boolean): Piece[] {
  const pieces = items.flatMap((item, index) => (index === 0 ? [...item] : [",", ...item]));
  return lastComma && items.length > 0 ? [...pieces, ","] : pieces;
}

const { expression } = fc.letrec<{ expression: Piece[]; nested: Piece[] }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(literal, name).map((text) => [text]),
    fc.tuple(fc.array(tie("nested"), { maxLength: 4 }), fc.boolean()).map(([items, comma]) => ["[", ...list(items, comma), "]"]),
    fc.tuple(fc.array(fc.tuple(key, tie("nested")), { maxLength: 4 }), fc.boolean()).map(([fields, comma]) => [
      "{",
      ...list(
        fields.map(([field, value]) => [field, "=", ...value]),
        comma,
      ),
      "}",
    ]),
    fc
      .tuple(name, fc.array(tie("nested"), { maxLength: 4 }), fc.boolean())
      .map(([callee, args, comma]) => [callee, "(", ...list(args, comma), ")"]),
    fc.tuple(tie("nested"), binaryOperator, tie("nested")).map(([left, operator, right]) => [...left, operator, ...right]),
    fc.tuple(fc.constantFrom("!", "-"), tie("nested")).map(([operator, value]) => [operator, ...value]),
    tie("nested").map((inner) => ["(", ...inner, ")"]),
    fc.tuple(fc.oneof(name, literal), tie("nested")).map(([value, index]) => [value, "[", ...index, "]"]),
    fc.tuple(fc.oneof(name, literal), name).map(([value, field]) => [value, ".", field]),
  ),
  nested: tie("expression"),
}));

const { body } = fc.letrec<{ statement: Piece[]; body: Piece[] }>((tie) => ({
  statement: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.tuple(name, expression).map(([attribute, value]) => [attribute, "=", ...value]),
    fc
      .tuple(fc.array(name, { minLength: 1, maxLength: 3 }), fc.constantFrom([], ['""'], ['"label"']), tie("body"))
      .map(([fragments, label, inner]) => [
        ...fragments.flatMap((text, index) => (index === 0 ? [text] : [".", text])),
        ...label,
        "{",
        ...inner,
        bodyEnd,
        "}",
      ]),
  ),
  body: fc
    .array(tie("statement"), { maxLength: 4 })
    .map((statements) => statements.flatMap((statement, index) => (index === 0 ? statement : [separator, ...statement]))),
}));

const sameLine = [" ", " ", " ", "", " /* c */ ", "/*c*/", "  /* c */ /* d */ "];
const anywhere = [
  ...sameLine,
  "\n",
  "\n\n",
  "\n  \n\n",
  " // c\n",
  " // c  \n// d\n",
  "\n// c\n\n",
  " /* c\n  d */ ",
  "\n/* c */\n",
  "\n\n// c\n // d\n\n/* e */ ",
];
const betweenStatements = [
  "\n",
  "\n",
  "\n\n",
  "\n\n\n",
  " // c\n",
  " /* c */\n",
  " /* c */ // d\n",
  "\n// c\n",
  "\n\n// c\n\n",
  " // c\n\n/* d */",
  " /* c\n d */ ",
  "\n/* c */ ",
];
const atBodyEnd = [...sameLine, ...betweenStatements];

const endsStatement = /["`\w)\]}]$|\p{L}$|\d\.$/u;
const sticky = /^[\w.*/|&=]|^\p{L}/u;

/** Puts together a text; `choices` picks what goes into each gap. */
function spell(pieces: readonly Piece[], choices: readonly number[]): string {
  let text = "";
  for (const [index, piece] of pieces.entries()) {
    const choice = choices[index % choices.length] ?? 0;
    const before = pieces[index - 1];
    if (piece === separator) text += pick(betweenStatements, choice);
    else if (piece === bodyEnd) text += pick(before === "{" ? anywhere : atBodyEnd, choice);
    else if (before === undefined || before === separator || before === bodyEnd) text += piece;
    else text += gap(before, piece, choice) + piece;
  }
  return text;
}

function gap(before: string, piece: string, choice: number): string {
  const chosen = pick(endsStatement.test(before) ? sameLine : anywhere, choice);
  const needsBlank = (chosen === "" && sticky.test(piece)) || (before === "/" && chosen.startsWith("/"));
  return needsBlank ? ` ${chosen}` : chosen;
}

function pick(choices: readonly string[], choice: number): string {
  return choices[choice % choices.length] ?? "";
}

const frame = fc.constantFrom("", "", "\n", "// c\n", "\n\n/* c */\n", "// c");

/** A whole configuration. */
export const program: fc.Arbitrary<string> = fc
  .tuple(frame, body, fc.array(fc.nat(), { minLength: 1, maxLength: 40 }), frame)
  .map(([head, pieces, choices, tail]) => `${head === "// c" ? "" : head}${spell(pieces, choices)}\n${tail}`);
