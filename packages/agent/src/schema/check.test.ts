import { describe, expect, it } from "vitest";
import { checkBody } from "./check.ts";
import { DiagnosticError } from "./config-error.ts";
import { attr, block, blocks, anyBlock, defineBlock, labelledBlocks } from "./fields.ts";
import { blockOf, failureOf } from "./testing/configuration.ts";
import { any } from "./types/any.ts";
import { bool } from "./types/bool.ts";
import { duration } from "./types/duration.ts";
import { list } from "./types/list.ts";
import { map } from "./types/map.ts";
import { int } from "./types/numbers.ts";
import { secret } from "./types/secrets.ts";
import { string } from "./types/string.ts";

const doc = "";
const limits = defineBlock({
  fields: { low: attr(int, { doc, default: 1 }), high: attr(int, { doc, default: 10 }) },
  validate: ({ low, high }) => (low > high ? "low must not be above high" : undefined),
});
const root = defineBlock({
  fields: {
    targets: attr(list(map(string)), { doc, required: true }),
    forward_to: attr(list(secret), { doc, required: true }),
    wait: attr(duration, { doc }),
    on: attr(bool, { doc }),
    anything: attr(any, { doc }),
    limits: block(limits, { doc }),
    rule: blocks(limits, { doc }),
    custom: labelledBlocks(limits, { doc }),
  },
});

function problems(text: string, definition = anyBlock(root)): readonly string[] {
  const found = checkBody(definition, blockOf(`b {\n${text}\n}`));
  return found.map((diagnostic) =>
    failureOf(() => {
      throw new DiagnosticError([diagnostic]);
    }),
  );
}

const complete = "targets = x.y\nforward_to = []";

describe("checkBody", () => {
  it("is content with what only evaluation can judge", () => {
    expect(problems(`${complete}\nwait = f(1)\non = [1][0]\nanything = [1] + [2]`)).toEqual([]);
  });

  it("reports everything in source order, then what is missing in the order of the definition", () => {
    expect(problems('wait = 15\nfoo = 1\nlimits {\n low = "x"\n bar { }\n}\nlimits { }')).toEqual([
      '2:8-9 time: missing unit in duration "15"',
      '3:1-7 unrecognized attribute name "foo"',
      '4:1-1 block "limits" may only be specified once',
      '8:1-10 block "limits" may only be specified once',
      '1:1-1 missing required attribute "targets"',
      '1:1-1 missing required attribute "forward_to"',
    ]);
  });

  it.each([
    ["on = 5", "2:6-6 expected bool, got number"],
    ["on = [true]", "2:6-11 expected bool, got array"],
    ["on = {}", "2:6-7 expected bool, got object"],
    ["on = (5)", "2:7-7 expected bool, got number"],
    ['on = !"x"', "2:7-9 expected bool, got string"],
    ["on = -5", "2:6-7 expected bool, got number"],
    ["on = 1 + true", "2:6-13 should be one of [number string capsule] for binop +, got bool"],
    ['on = "a" + 1', "2:6-12 expected string, got number"],
    ["on = 1 % 0", "2:6-10 divide by zero error"],
    ["on = 1 == 1 + 1", undefined],
    ["on = 1e400", "2:6-10 value out of range"],
    ["on = null", undefined],
    ['wait = "1" + "s"', undefined],
    ['wait = "1" + "d"', '2:8-16 time: unknown unit "d" in duration "1d"'],
    ["anything = -true", "2:13-16 expected number, got bool"],
    ["anything = [{a = !1}]", "2:19-19 expected bool, got number"],
  ])("%j: %s", (attribute, problem) => {
    expect(problems(`${attribute}\n${complete}`)).toEqual(problem === undefined ? [] : [problem]);
  });

  it("judges elements of literals one by one", () => {
    expect(problems('targets = [{a = 1, b = []}, 5, x]\nforward_to = ["s", 1, {}, [2]]')).toEqual([
      "2:24-25 expected string, got array",
      "2:29-29 expected object, got number",
      "3:20-20 expected capsule, got number",
      "3:23-24 expected capsule, got object",
      "3:27-29 expected capsule, got array",
    ]);
  });

  it("checks labels", () => {
    expect(problems(`${complete}\ncustom { }\nrule "x" { }`)).toEqual([
      '4:1-8 block "custom" requires non-empty label',
      '5:1-10 block "rule" does not support specifying labels',
    ]);
  });

  it("checks the own rules of blocks that consist of constants", () => {
    expect(problems(`${complete}\nrule {\n low = 11\n}\nlimits { low = x }`)).toEqual(["4:1-1 low must not be above high"]);
  });

  it("checks all attributes of a block that takes any", () => {
    expect(problems("a = 1\nb = true\nc { }", { fields: {}, rest: int })).toEqual([
      "3:5-8 expected number, got bool",
      "4:1-5 nested blocks not supported here",
    ]);
  });
});
