import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { placeOf } from "./diagnostic.ts";
import { format } from "./format.ts";
import { Lexer } from "./lexer.ts";
import { parse } from "./parse.ts";
import { renderDiagnostics } from "./render.ts";
import { Source } from "./source.ts";

// Three sorts of files, in this package's testdata folder and in the fixtures that a checkout may have beside it:
// - format: `x.in` formats to `x.expect`; `x.error` is part of the first message instead
// - errors: `ERROR "pattern"` in a comment tells of an error at the token before, `ERROR HERE "pattern"` of one where the comment begins
// - rendered: the diagnostics of `x.alloy` look like `x.expect`
const own = resolve(import.meta.dirname, "../testdata");
const fixtures = resolve(process.env["FLAMELINE_FIXTURES"] ?? resolve(import.meta.dirname, "../../../../shared/fixtures"), "language");

function files(folder: string, extension: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(extension)) : [];
}

function read(folder: string, name: string): Source {
  return Source.fromBytes(name, readFileSync(join(folder, name)));
}

function testFormat(folder: string): void {
  it.each(files(folder, ".in"))("formats %s", (name) => {
    const { text, diagnostics } = format(read(folder, name));
    const error = name.replace(".in", ".error");
    if (existsSync(join(folder, error))) {
      expect(diagnostics[0]?.message).toContain(read(folder, error).text.trim());
      return;
    }
    expect(text?.trimEnd()).toBe(read(folder, name.replace(".in", ".expect")).text.trimEnd());
  });
}

function testFixedPoints(folder: string, extension: string): void {
  it.each(files(folder, extension))("leaves %s as it is", (name) => {
    const source = read(folder, name);
    expect(format(source).text?.trimEnd()).toBe(source.text.trimEnd());
  });
}

function testErrors(folder: string): void {
  it.each(files(folder, ".alloy"))("finds the errors in %s", (name) => {
    const source = read(folder, name);
    const expected = expectedErrors(source);
    const { diagnostics } = parse(source);
    expect(diagnostics.map(placeOf), diagnostics.map(({ message }) => message).join("\n")).toEqual(expected.map(({ place }) => place));
    for (const [index, { pattern }] of expected.entries()) expect(diagnostics[index]?.message).toMatch(pattern);
  });
}

function expectedErrors(source: Source): { place: string; pattern: RegExp }[] {
  const lexer = new Lexer(source, () => {});
  const found: { place: string; pattern: RegExp }[] = [];
  let before = 0;
  for (let token = lexer.next(); token.kind !== "EOF"; token = lexer.next()) {
    if (token.kind !== "COMMENT") {
      if (token.kind !== "TERMINATOR") before = token.start;
      continue;
    }
    const [, here, patterns = ""] = /ERROR( HERE)?((?: "(?:[^"\\]|\\.)*")+)/.exec(token.text) ?? [];
    const place = source.describe(here === undefined ? before : token.start);
    for (const [, pattern = ""] of patterns.matchAll(/"((?:[^"\\]|\\.)*)"/g)) found.push({ place, pattern: new RegExp(pattern) });
  }
  return found;
}

describe("testdata", () => {
  testFormat(join(own, "format"));
  testFixedPoints(join(own, "format"), ".expect");
  testErrors(join(own, "errors"));
  it.each(files(join(own, "rendered"), ".alloy"))("renders what is wrong with %s", (name) => {
    const expected = read(join(own, "rendered"), name.replace(".alloy", ".expect"));
    expect(renderDiagnostics(parse(read(join(own, "rendered"), name)).diagnostics)).toBe(expected.text);
  });
});

describe.skipIf(!existsSync(fixtures))("language fixtures", () => {
  testFormat(join(fixtures, "format"));
  testFixedPoints(join(fixtures, "formatted"), ".alloy");
  testErrors(join(fixtures, "parse"));
  it.each(files(join(fixtures, "parse", "valid"), ".alloy"))("parses %s", (name) => {
    expect(parse(read(join(fixtures, "parse", "valid"), name)).diagnostics).toEqual([]);
  });
});
