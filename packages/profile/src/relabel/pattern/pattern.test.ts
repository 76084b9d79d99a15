import * as fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { isLinear } from "./linear.ts";
import { compilePattern, regexProblem } from "./pattern.ts";
import { parsePlain, type PlainNode } from "./plain-syntax.ts";

function isFast(regex: string): boolean {
  const plain = parsePlain(regex);
  return plain !== undefined && isLinear(plain);
}

const fast = [
  "(.*)",
  "",
  "prod|DEV",
  "|prod",
  "process_cpu|process_mem|goroutine",
  "(.*)@(.*)",
  "(.+)-([a-z0-9]+)-([a-z0-9]{5})",
  "__meta_kubernetes_pod_label_(.+)",
  "([^:]+)(?::\\d+)?;(\\d+)",
  "(?i)true|yes|1",
  "(?i)[k-t_]+s?",
  "^env$|^a",
  "(\\w+)-(.*)",
  "(?P<first>\\w+)-.*",
  "(?<first>[^-]*)-.*?",
  "[\\w.-]+:\\d{1,5}",
  "[^/]+/[^/]+/[^/]+/(.+)",
  "[]a-]b?[^\\s]",
  "(a|b)?c{2,}",
  "us-(.+)",
  "(é|🔥)x.",
];

const careful = [
  "(a+)+$",
  "(a|a)*b",
  "(.*);(.*);(.*)",
  "(.*)a(.*)b(.*)c",
  "a*a*b",
  ".*.*=.*",
  "(x+x+)+y",
  "([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+",
  "\\s*,?\\s*x",
  "[a-z]*[0-9a-f]*!",
  "(a?){30}a{30}",
  "a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaa",
  "(a|ab)(c|bcd)*",
  "(?:a|b)*?c",
  "(|a)?(a?)",
  "\\pL+",
  "[[:alpha:]]+",
  "(?m)^a$",
  "(?U)a+",
  "\\x41\\bx",
  "(?i)é",
  "a$b",
  "(^a)",
];

describe("compilePattern", () => {
  it.each(fast)("matches %s with JavaScript's engine", (regex) => expect(isFast(regex)).toBe(true));

  it.each(careful)("leaves %s to RE2", (regex) => expect(isFast(regex)).toBe(false));

  const inputs = fc.array(
    fc.constantFrom(
      "a",
      "b",
      "c",
      "x",
      "K",
      "ſ",
      "\u212a",
      "S",
      "prod",
      "-",
      ":",
      ";",
      "1",
      "42",
      "@",
      "é",
      "🔥",
      "\n",
      " ",
      "\u00a0",
      "\v",
      "_",
      "/",
      "us-",
      "\udcff",
    ),
    { maxLength: 12 },
  );

  it.each(fast)("agrees with RE2 on %s", (regex) => {
    const re2 = RE2JS.compile(`^(?s:${regex})$`);
    const pattern = compilePattern(regex);
    fc.assert(
      fc.property(inputs, (parts) => {
        const text = parts.join("");
        const matcher = re2.matcher(text);
        const expected = matcher.find()
          ? Array.from({ length: re2.groupCount() + 1 }, (_, group) => matcher.group(group) ?? "")
          : undefined;
        expect(pattern.test(text)).toBe(expected !== undefined);
        expect(pattern.match(text)?.map((group) => group ?? "")).toEqual(expected);
      }),
    );
  });

  it("agrees with RE2 on any pattern made of plain parts", () => {
    fc.assert(
      fc.property(regexes, fc.array(letters, { maxLength: 10 }), (regex, parts) => {
        fc.pre(isFast(regex));
        const text = parts.join("");
        const matcher = RE2JS.compile(`^(?s:${regex})$`).matcher(text);
        const expected = matcher.find()
          ? Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? "")
          : undefined;
        expect(
          compilePattern(regex)
            .match(text)
            ?.map((group) => group ?? ""),
        ).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("gives long texts to RE2 with the same result", () => {
    const pattern = compilePattern("(a+)(b?)");
    for (const length of [1_000, 5_000]) {
      expect(pattern.test("a".repeat(length))).toBe(true);
      expect(pattern.match(`${"a".repeat(length)}b`)?.slice(1)).toEqual(["a".repeat(length), "b"]);
      expect(pattern.match(`${"a".repeat(length)}c`)).toBeUndefined();
    }
  });

  it("knows the numbers of named groups", () => expect(compilePattern("(a)(?P<n>b)(?<m>c)").names).toEqual({ n: 2, m: 3 }));
});

const letters = fc.constantFrom("a", "b", "-");
const atoms = fc.constantFrom("a", "b", "-", ".", "[ab]", "[^-]", "\\w", "ab", "");
const quantifiers = fc.constantFrom("", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{2,}");
const regexes = fc.letrec<{ choice: string; sequence: string; item: string }>((tie) => ({
  choice: fc.array(tie("sequence"), { minLength: 1, maxLength: 3 }).map((options) => options.join("|")),
  sequence: fc.array(tie("item"), { maxLength: 4 }).map((items) => items.join("")),
  item: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.tuple(atoms, quantifiers).map(([atom, quantifier]) => (atom.length === 0 ? "" : atom + quantifier)),
    fc
      .tuple(fc.constantFrom("(", "(?:"), tie("choice"), fc.constantFrom("", "", "?"))
      .map(([open, body, quantifier]) => `${open}${body})${quantifier}`),
  ),
})).choice;

describe("isLinear", () => {
  /** What is written about it: a constant number of ways for each prefix of the text, each step tried a few times. */
  const stepsPerCharacter = 20_000;

  it("lets no pattern pass that makes a backtracking matcher slow", () => {
    const words = fc.tuple(
      fc.array(letters, { maxLength: 4 }),
      fc.array(letters, { minLength: 1, maxLength: 4 }),
      fc.array(letters, { maxLength: 4 }),
    );
    fc.assert(
      fc.property(regexes, words, (regex, [head, pump, tail]) => {
        const plain = parsePlain(regex);
        fc.pre(plain !== undefined && isLinear(plain));
        const text = head.join("") + pump.join("").repeat(60) + tail.join("");
        expect(plain === undefined ? Infinity : countSteps(plain, text)).toBeLessThan(stepsPerCharacter * (text.length + 1));
      }),
      { numRuns: 500 },
    );
  });

  it("the steps of a slow pattern do show", () => {
    const plain = parsePlain(".*a.*a.*a.*b");
    expect(plain === undefined ? 0 : countSteps(plain, "a".repeat(100))).toBeGreaterThan(stepsPerCharacter * 100);
  });
});

/** The work of the simplest backtracking matcher, anchored at both ends, until it succeeds or has tried everything. */
function countSteps(root: PlainNode, text: string): number {
  let steps = 0;
  const run = (node: PlainNode, at: number, next: (at: number) => boolean): boolean => {
    steps += 1;
    switch (node.kind) {
      case "char":
        return (
          at < text.length &&
          node.set.some((low, index) => index % 2 === 0 && inRange(text.charCodeAt(at), low, node.set[index + 1])) &&
          next(at + 1)
        );
      case "capture":
        return run(node.body, at, next);
      case "choice":
        return node.options.some((option) => run(option, at, next));
      case "sequence": {
        const from = (index: number, at: number): boolean => {
          const item = node.items[index];
          return item === undefined ? next(at) : run(item, at, (to) => from(index + 1, to));
        };
        return from(0, at);
      }
      default: {
        const again = (count: number, at: number): boolean => {
          const more = (): boolean => count < node.max && run(node.body, at, (to) => again(count + 1, to));
          const stop = (): boolean => count >= node.min && next(at);
          return node.lazy ? stop() || more() : more() || stop();
        };
        return again(0, at);
      }
    }
  };
  run(root, 0, (at) => at === text.length);
  return steps;
}

function inRange(code: number, low: number, high = low): boolean {
  return code >= low && code <= high;
}

describe("regexProblem", () => {
  it.each([
    ["(?!a)b", "error parsing regexp: invalid or unsupported Perl syntax: `(?!`"],
    ["a{1001}", "error parsing regexp: invalid repeat count: `{1001}`"],
    ["(a", "error parsing regexp: missing closing ): `^(?s:(a)$`"],
    ["*a", "error parsing regexp: missing argument to repetition operator: `*`"],
    ["[b-a]", "error parsing regexp: invalid character class range: `b-a`"],
    ["\\1", "error parsing regexp: invalid escape sequence: `\\1`"],
  ])("says what Go says about %s", (regex, problem) => expect(regexProblem(regex)).toBe(problem));

  it("accepts RE2's own syntax", () =>
    expect(["(?P<n>a)", "[[:alpha:]]", "\\pL", "(?i)a", "\\Q.\\E"].map(regexProblem)).toEqual(Array.from({ length: 5 })));
});
