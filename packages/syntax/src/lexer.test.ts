import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lexer } from "./lexer.ts";
import { Source } from "./source.ts";
import type { Token } from "./token.ts";

function lex(text: string): { tokens: Token[]; errors: string[] } {
  const errors: string[] = [];
  const source = new Source("", text);
  const lexer = new Lexer(source, (offset, message) => errors.push(`${source.describe(offset)}: ${message}`));
  const tokens: Token[] = [];
  do tokens.push(lexer.next());
  while (tokens.at(-1)?.kind !== "EOF");
  return { tokens, errors };
}

function kinds(text: string): string {
  return lex(text)
    .tokens.map(({ kind }) => kind)
    .join(" ");
}

describe("Lexer", () => {
  it.each([
    ["abc _x1 é日本٣", "IDENT IDENT IDENT TERMINATOR EOF"],
    ["true false null truely", "BOOL BOOL NULL IDENT TERMINATOR EOF"],
    ["1 017 1. .5 1.5 1e3 1.e5 1E-3 2e+1", "NUMBER NUMBER FLOAT FLOAT FLOAT FLOAT FLOAT FLOAT FLOAT TERMINATOR EOF"],
    ["0x10 1_0", "NUMBER IDENT NUMBER IDENT TERMINATOR EOF"],
    ["5.foo 5 .foo", "FLOAT IDENT NUMBER . IDENT TERMINATOR EOF"],
    ["|| && ! = == != < <= > >= + - * / % ^ { } ( ) [ ] , .", "|| && ! = == != < <= > >= + - * / % ^ { } ( ) [ ] , . EOF"],
    ["===!=", "== = != EOF"],
    ['"a" `b`', "STRING STRING TERMINATOR EOF"],
  ])("cuts %s", (text, expected) => {
    expect(kinds(text)).toBe(expected);
    expect(lex(text).errors).toEqual([]);
  });

  it.each([
    ["a\nb", "IDENT TERMINATOR IDENT TERMINATOR EOF"],
    ["a\n\n\nb", "IDENT TERMINATOR IDENT TERMINATOR EOF"],
    ["a =\n1", "IDENT = NUMBER TERMINATOR EOF"],
    ["[\n1,\n2\n]\n", "[ NUMBER , NUMBER TERMINATOR ] TERMINATOR EOF"],
    ["a // c\n", "IDENT TERMINATOR COMMENT EOF"],
    ["a /* c */ // d", "IDENT TERMINATOR COMMENT COMMENT EOF"],
    ["a /* c */ b", "IDENT COMMENT IDENT TERMINATOR EOF"],
    ["a /* c\n */ b", "IDENT TERMINATOR COMMENT IDENT TERMINATOR EOF"],
    ["a /* c */ /* d\n */ b", "IDENT TERMINATOR COMMENT COMMENT IDENT TERMINATOR EOF"],
    ["a /* c */ /\nb", "IDENT COMMENT / IDENT TERMINATOR EOF"],
    ["a \r\nb", "IDENT TERMINATOR IDENT TERMINATOR EOF"],
  ])("ends statements where lines end: %j", (text, expected) => {
    expect(kinds(text)).toBe(expected);
  });

  it("leaves carriage returns out of comments and raw strings", () => {
    const { tokens } = lex("// c\r\n/* a\r\nb *\r/ */ `x\r\ny`\r\n");
    expect(tokens.map(({ text }) => text)).toEqual(["// c", "/* a\nb *\r/ */", "`x\ny`", "\n", ""]);
  });

  it("skips a byte order mark at the start, but counts its bytes", () => {
    const { tokens, errors } = lex("\ufeffa\ufeff");
    expect(tokens.map(({ kind }) => kind)).toEqual(["IDENT", "ILLEGAL", "TERMINATOR", "EOF"]);
    expect(errors).toEqual(["1:5: illegal byte order mark"]);
  });

  it.each([
    ["a = 1;", ["1:6: illegal character U+003B ';'"]],
    ["\u0001", ["1:1: illegal character U+0001"]],
    ["\0", ["1:1: illegal character NUL", "1:1: illegal character U+0000"]],
    ['"a\0\udcff"', ["1:3: illegal character NUL", "1:4: illegal UTF-8 encoding"]],
    ["\udcff", ["1:1: illegal UTF-8 encoding", "1:1: illegal character U+FFFD '\u{fffd}'"]],
    ["1 | 2", ["1:4: missing second | in ||"]],
    ["1 & 2", ["1:4: missing second & in &&"]],
    ["1e + 2e-", ["1:1: exponent has no digits", "1:6: exponent has no digits"]],
    ["'a'", ["1:1: illegal single-quoted string; use double quotes"]],
    ['x = "a', ["1:5: string literal not terminated"]],
    ['x = "a\ny', ["1:5: string literal not terminated"]],
    ["x = `a\ny", ["1:5: string literal not terminated"]],
    ["x /* y\n*", ["1:3: block comment not terminated"]],
    [String.raw`"\q"`, ["1:3: unknown escape sequence"]],
    [String.raw`"\'"`, ["1:3: unknown escape sequence"]],
    [String.raw`"\xZ1"`, ["1:4: illegal character U+005A 'Z' in escape sequence"]],
    [String.raw`"\12"`, ["1:5: illegal character U+0022 '\"' in escape sequence"]],
    [String.raw`"\400"`, ["1:3: escape sequence is invalid Unicode code point"]],
    [
      String.raw`"\ud800\U00110000"`,
      ["1:3: escape sequence is invalid Unicode code point", "1:9: escape sequence is invalid Unicode code point"],
    ],
    ['"\\', ["1:3: escape sequence not terminated", "1:1: string literal not terminated"]],
    ['"\\u12', ["1:6: escape sequence not terminated", "1:1: string literal not terminated"]],
  ])("reports %j", (text, expected) => {
    expect(lex(text).errors).toEqual(expected);
  });

  it("covers any text with tokens that do not overlap", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from("a1.\"'`\\/*\n\r\t =|&{}[](),+é😀\0\udcff\ufeff")) }), (text) => {
        let end = 0;
        for (const token of lex(text).tokens) {
          expect(token.start).toBeGreaterThanOrEqual(end);
          expect(text.slice(end, token.start)).toMatch(/^\ufeff?[ \t\r\n]*$/);
          end = token.end;
        }
        expect(end).toBe(text.length);
      }),
    );
  });
});
