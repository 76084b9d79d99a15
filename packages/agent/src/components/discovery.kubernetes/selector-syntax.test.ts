import { describe, expect, it } from "vitest";
import { fieldSelectorProblem, labelSelectorProblem } from "./selector-syntax.ts";

describe("fieldSelectorProblem", () => {
  it.each(["", "metadata.name=a", "status.phase!=Running,spec.nodeName==n1", "a=", String.raw`a=b\,c`])("takes %j", (text) =>
    expect(fieldSelectorProblem(text)).toBeUndefined(),
  );
  it.each(["a", "a=b,c", "=a"])("refuses %j", (text) => expect(fieldSelectorProblem(text)).toContain("invalid selector"));
});

describe("labelSelectorProblem", () => {
  it.each([
    "",
    "a",
    "!a",
    "a=b,c!=d",
    "a==b",
    "app.kubernetes.io/name in (a, b),tier notin (x)",
    "a in (,b)",
    "v > 1, w<2",
    "a=",
    " a = b ",
  ])("takes %j", (text) => expect(labelSelectorProblem(text)).toBeUndefined());
  it.each(["a in b", "a=b=c", ",", "a b", "-a", "a in (b", "!a=b", "é"])("refuses %j", (text) =>
    expect(labelSelectorProblem(text)).toContain("unable to parse requirement"),
  );
});
