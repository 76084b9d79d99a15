import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { format, formatExpression } from "./format.ts";
import { parse, parseExpression } from "./parse.ts";
import { Source } from "./source.ts";
import { program } from "./testing/arbitrary-program.ts";
import { maxNesting } from "./token-stream.ts";

const places = new Set(["start", "end", "open", "close", "operatorStart", "nameRange", "source"]);

/** What a text means: its tree without places, and its comments. */
function meaningOf(text: string): unknown {
  const { file, diagnostics } = parse(new Source("", text));
  expect(diagnostics, text).toEqual([]);
  const tree = JSON.stringify(file?.body, (key, value: unknown) => (places.has(key) ? undefined : value));
  return { tree, comments: file?.comments.map((comment) => comment.text) };
}

function formatted(text: string): string {
  const result = format(new Source("", text));
  expect(result.diagnostics, text).toEqual([]);
  return result.text ?? "";
}

describe("format", () => {
  it("ends with one newline, whatever the source ends with", () => {
    expect(formatted("")).toBe("\n");
    expect(formatted("\n\n")).toBe("\n");
    expect(formatted("a = 1")).toBe("a = 1\n");
    expect(formatted("a = 1\n\n\n// end\n\n")).toBe("a = 1\n\n// end\n");
  });

  it("drops a byte order mark and carriage returns", () => {
    expect(formatted("\ufeffa=1\r\nbb=`x\r\ny`\r\n// c\r\n")).toBe("a  = 1\nbb = `x\ny`\n// c\n");
  });

  it("keeps the blanks at the end of a line comment", () => {
    expect(formatted("a=1 // c  \n")).toBe("a = 1 // c  \n");
  });

  it("gives the diagnostics of a source with errors", () => {
    const { text, diagnostics } = format(new Source("f", "a ="));
    expect(text).toBeUndefined();
    expect(diagnostics).toMatchObject([{ message: "expected expression, got EOF" }]);
  });

  it("keeps meaning and comments, and changes nothing the second time", () => {
    fc.assert(
      fc.property(program, (text) => {
        const once = formatted(text);
        expect(meaningOf(once)).toEqual(meaningOf(text));
        expect(formatted(once)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  it("does the same for what is left of broken programs", () => {
    fc.assert(
      fc.property(program, fc.nat(), fc.nat(5), fc.constantFrom("", "\n", " ", "// x\n", "/* y */", ",", "a = 1"), (text, at, cut, put) => {
        const place = at % (text.length + 1);
        const broken = text.slice(0, place) + put + text.slice(place + cut);
        const { text: once } = format(new Source("", broken));
        if (once === undefined) return;
        expect(meaningOf(once)).toEqual(meaningOf(broken));
        expect(formatted(once)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  it("prints the deepest trees that can be parsed", () => {
    const depth = maxNesting - 1;
    expect(formatted(`a=${"[".repeat(depth)}1${"]".repeat(depth)}`)).toBe(`a = ${"[".repeat(depth)}1${"]".repeat(depth)}\n`);
    expect(formatted(`a=1${"+1".repeat(depth)}`)).toBe(`a = 1${" + 1".repeat(depth)}\n`);
    expect(formatted(`a=b${".c".repeat(depth)}`)).toBe(`a = b${".c".repeat(depth)}\n`);
    expect(formatted(`${"a {\n".repeat(depth)}${"}\n".repeat(depth)}`)).toContain(`${"\t".repeat(depth - 1)}a { }\n`);
  });
});

describe("formatExpression", () => {
  it.each([
    ["{a=1}", "{a = 1}"],
    ["[1,/* c */2,]", "[1, 2]"],
    ["f( a.b [0] )+1", "f(a.b[0]) + 1"],
    ["{a=1,\nlong=2,\n}", "{a = 1,\n\tlong = 2,\n}"],
  ])("prints %s", (text, expected) => {
    const source = new Source("", text);
    const { expression } = parseExpression(source);
    expect(expression && formatExpression(expression, source)).toBe(expected);
  });
});
