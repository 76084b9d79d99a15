import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Attribute, Block, Expression, Statement } from "./ast.ts";
import { placeOf } from "./diagnostic.ts";
import { parse, parseExpression } from "./parse.ts";
import { Source } from "./source.ts";
import { program } from "./testing/arbitrary-program.ts";
import { maxDiagnostics, maxNesting } from "./token-stream.ts";

function problems(text: string): string[] {
  const { diagnostics } = parse(new Source("", text));
  return diagnostics.map((diagnostic) => `${placeOf(diagnostic)}: ${diagnostic.message}`);
}

function statements(text: string): readonly Statement[] {
  const { file, diagnostics } = parse(new Source("", text));
  expect(diagnostics).toEqual([]);
  return file?.body ?? [];
}

function expressionOf(text: string): Expression {
  const { expression, diagnostics } = parseExpression(new Source("", text));
  if (expression === undefined) throw new Error(diagnostics[0]?.message);
  return expression;
}

/** The expression with all its brackets. */
function grouped(expression: Expression): string {
  switch (expression.kind) {
    case "binary":
      return `(${grouped(expression.left)} ${expression.operator} ${grouped(expression.right)})`;
    case "unary":
      return `(${expression.operator}${grouped(expression.value)})`;
    case "access":
      return `(${grouped(expression.value)}.${expression.name.name})`;
    case "index":
      return `(${grouped(expression.value)}[${grouped(expression.index)}])`;
    case "call":
      return `(${grouped(expression.callee)}(${expression.args.map(grouped).join(", ")}))`;
    case "identifier":
      return expression.name;
    default:
      return expression.kind === "literal" ? expression.raw : expression.kind;
  }
}

describe("parse", () => {
  it("tells statements with their places", () => {
    const text = '// c\na = 1\nfoo . bar "l" {\n  b = 2\n}\nempty "" { }\n';
    const [attribute, block, empty] = statements(text) as [Attribute, Block, Block];
    expect(text.slice(attribute.start, attribute.end)).toBe("a = 1");
    expect(attribute.name).toMatchObject({ name: "a", start: 5, end: 6 });
    expect(block).toMatchObject({ kind: "block", name: "foo.bar", label: { name: "l" }, body: [{ kind: "attribute" }] });
    expect(text.slice(block.nameRange.start, block.nameRange.end)).toBe("foo . bar");
    expect(text.slice(block.start, block.open + 1)).toBe('foo . bar "l" {');
    expect(text[block.close]).toBe("}");
    expect(block.end).toBe(block.close + 1);
    expect(text.slice(block.label?.start, block.label?.end)).toBe('"l"');
    expect(empty.label).toBeUndefined();
  });

  it("keeps the comments aside", () => {
    const { file } = parse(new Source("", "// a\nx = /* b */ 1 // c"));
    expect(file?.comments.map(({ text, start }) => [text, start])).toEqual([
      ["// a", 0],
      ["/* b */", 9],
      ["// c", 19],
    ]);
  });

  it("decodes quoted keys", () => {
    const object = expressionOf('{a = 1, "b\\t\\"" = 2, `c\\t` = 3, "" = 4, "\\xc3\\xa9" = 5}');
    expect(object.kind === "object" && object.fields.map(({ name, quoted }) => [name, quoted])).toEqual([
      ["a", false],
      ['b\t"', true],
      ["c\\t", true],
      ["", true],
      ["é", true],
    ]);
  });

  it("allows one statement on a line and trailing commas", () => {
    expect(problems("a = 1\nb { c = 1 }\nd = [1, 2,]\ne = {x = 1,}\nf = g(1,)\nh = [\n1,\n]\n")).toEqual([]);
    expect(problems("a = 1 b = 2")).toEqual(["1:7: expected TERMINATOR, got IDENT"]);
  });

  it("reports one syntax error a line, but every lexical error", () => {
    expect(problems("a = ) )\nb = @ @\n")).toEqual([
      "1:5: expected expression, got )",
      "2:5: illegal character U+0040 '@'",
      "2:5: expected expression, got ILLEGAL",
      "2:7: illegal character U+0040 '@'",
    ]);
  });

  it("reads on behind a block that is used as a value", () => {
    expect(problems("x = y {\n  z = )\n}\n")).toEqual(["2:7: expected expression, got )", "1:5: cannot use a block as an expression"]);
  });

  it("counts columns in bytes", () => {
    expect(problems('é = "日本" )')).toEqual(["1:15: expected TERMINATOR, got )"]);
  });

  it("gives up after a number of errors", () => {
    const found = problems("@\n".repeat(100_000));
    expect(found).toHaveLength(maxDiagnostics + 1);
    expect(found.at(-1)).toBe(`-: too many errors; only the first ${maxDiagnostics} are shown`);
  });

  it("gives up on a binary file without looking for all that is wrong in it", () => {
    const before = process.memoryUsage().heapUsed;
    expect(problems("\0".repeat(5_000_000))).toHaveLength(maxDiagnostics + 1);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000);
  });

  it("never throws", () => {
    const text = fc.string({
      unit: fc.constantFrom(...Array.from("a1.\"'`\\/*\n =|-{}[](),+é\0\udcff"), " b ", "\n}\n", "x = ", 'y "l" {'),
    });
    fc.assert(fc.property(text, (input) => void parse(new Source("", input))));
  });

  it("never throws on broken programs", () => {
    fc.assert(
      fc.property(program, fc.nat(), fc.nat(5), fc.string({ maxLength: 3 }), (text, at, cut, put) => {
        const place = at % (text.length + 1);
        parse(new Source("", text.slice(0, place) + put + text.slice(place + cut)));
      }),
    );
  });
});

describe("parse of deep trees", () => {
  const count = 100_000;
  it.each([
    ["arrays", `a = ${"[".repeat(count)}`],
    ["parentheses", `a = ${"(".repeat(count)}`],
    ["objects", `a = ${"{a=".repeat(count)}`],
    ["calls", `a = ${"f(".repeat(count)}`],
    ["indexes", `a = ${"f[".repeat(count)}`],
    ["blocks", "a {\n".repeat(count)],
    ["blocks as values", "a = b {\n".repeat(count)],
    ["unary operators", `a = ${"-".repeat(count)}1`],
    ["sums", `a = 1${"+1".repeat(count)}`],
    ["powers", `a = 1${"^1".repeat(count)}`],
    ["accesses", `a = b${".c".repeat(count)}`],
    ["chained calls", `a = b${"()".repeat(count)}`],
    ["chains in brackets", `a = ${`(1${"+1".repeat(maxNesting / 2)}+`.repeat(count / 100)}`],
  ])("refuses too many %s", (_, text) => {
    const found = problems(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`nested too deeply: blocks and expressions may form at most ${maxNesting} levels`);
  });

  it("counts the levels of the tree, whatever they are made of", () => {
    const sum = (links: number): string => `1${" + 1".repeat(links)}`;
    expect(problems(`a = ${sum(maxNesting - 1)}`)).toEqual([]);
    expect(problems(`a = ${sum(maxNesting)}`)).toHaveLength(1);
    expect(problems(`a {\n b = [(${sum(maxNesting - 4)})]\n}`)).toEqual([]);
    expect(problems(`a {\n b = [(${sum(maxNesting - 3)})]\n}`)).toHaveLength(1);
  });

  it("knows no limit for what stands side by side", () => {
    expect(problems(`a = [${"1, ".repeat(count)}]\nb = {${"c = [1], ".repeat(count)}}\n${"d { }\n".repeat(count)}`)).toEqual([]);
  });
});

describe("parseExpression", () => {
  it.each([
    ["1 + 2 * 3 ^ 4", "(1 + (2 * (3 ^ 4)))"],
    ["2 ^ 3 ^ 2", "(2 ^ (3 ^ 2))"],
    ["-2 ^ 2", "((-2) ^ 2)"],
    ["1 - 2 - 3", "((1 - 2) - 3)"],
    ["a || b && c == d < e + f", "(a || (b && ((c == d) < (e + f))))"],
    ["!a.b[1](2, 3).c", "(!((((a.b)[1])(2, 3)).c))"],
    ["- - 1", "(-(-1))"],
    ["1 +\n2", "(1 + 2)"],
    ["5 .foo == 1", "((5.foo) == 1)"],
  ])("groups %s", (text, expected) => {
    expect(grouped(expressionOf(text))).toBe(expected);
  });

  it.each([
    ["", "1:1: expected expression, got EOF"],
    ["1 2", "1:3: expected TERMINATOR, got NUMBER"],
    ["1\n2", "2:1: expected EOF, got NUMBER"],
    ["a.", "1:3: expected IDENT, got EOF"],
    ["x { }", "1:1: cannot use a block as an expression"],
  ])("refuses %j", (text, expected) => {
    const { expression, diagnostics } = parseExpression(new Source("", text));
    expect(expression).toBeUndefined();
    expect(diagnostics.map((diagnostic) => `${placeOf(diagnostic)}: ${diagnostic.message}`)).toEqual([expected]);
  });
});
