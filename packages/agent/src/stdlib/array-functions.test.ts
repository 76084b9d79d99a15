import { describe, expect, it } from "vitest";
import { formatValue } from "../schema/index.ts";
import { failureOf, valueOf } from "../schema/testing/configuration.ts";
import { standardLibrary } from "./index.ts";

const names = Object.fromEntries(standardLibrary);
const text = (expression: string): string => formatValue(valueOf(expression, names)).replaceAll(/[\n\t]/g, "");
const failure = (expression: string): string => failureOf(() => valueOf(expression, names));

describe("array.concat", () => {
  it.each([
    ["array.concat()", "[]"],
    ['array.concat([1], [2, "x"], [])', '[1, 2, "x"]'],
    ["array.concat([[1]], [[2]])", "[[1], [2]]"],
    ['array.concat(encoding.from_base64("SGk="), [0])', "[72, 105, 0]"],
  ])("%s is %s", (expression, result) => {
    expect(text(expression)).toBe(result);
  });

  it("takes nothing but arrays", () => {
    expect(failure("array.concat([1], 5)")).toBe("1:19-19 5 should be array, got number");
    expect(failure("array.concat(null)")).toBe("1:14-17 null should be array, got null");
  });
});

describe("array.combine_maps", () => {
  const objects = '[{i = "1", t = "A"}, {i = "2", t = "B"}]';

  it("joins where all keys have the same values, the right side winning", () => {
    expect(text(`array.combine_maps(${objects}, [{i = "2", c = "q"}, {i = "1", t = "p"}], ["i"])`)).toBe(
      '[{i = "1",t = "p",}, {c = "q",i = "2",t = "B",}]',
    );
    expect(text('array.combine_maps([{i = "1"}], [{i = "2"}], ["i"])')).toBe("[]");
    expect(text('array.combine_maps([{i = 1}], [{i = 1.0}], ["i"])')).toBe("[]");
    expect(text('array.combine_maps([{i = null}], [{j = 1}], ["i"])')).toBe("[]");
  });

  it("keeps the left object of every other pair when asked to", () => {
    expect(text('array.combine_maps([{i = "1", t = "A"}], [{i = "1", c = "p"}, {i = "2"}], ["i"], true)')).toBe(
      '[{c = "p",i = "1",t = "A",}, {i = "1",t = "A",}]',
    );
    expect(text('array.combine_maps([{i = "1"}], [], ["i"], true)')).toBe("[]");
  });

  it.each([
    ["array.combine_maps([], [], [])", "1:28-29 [] combine_maps: merge conditions must not be empty"],
    ['array.combine_maps(5, [], ["i"])', "1:20-20 5 should be array, got number"],
    ["array.combine_maps([], [], 5)", "1:28-28 5 should be array, got number"],
    ["array.combine_maps([], [], [5])", "1:29-29 5 should be string, got number"],
    ['array.combine_maps([{i = 1}], [1], ["i"])', "1:32-32 1 should be object, got number"],
    ['array.combine_maps([{i = []}], [{i = []}], ["i"])', "1:26-27 [] combine_maps: cannot join by a value of type array"],
    ['array.combine_maps([], [], ["i"], 1)', "1:35-35 1 should be bool, got number"],
    ["array.combine_maps([])", "Error: combine_maps: expected 3 or 4 arguments, got 1"],
  ])("%s fails with %s", (expression, message) => {
    expect(failure(expression)).toBe(message);
  });
});

describe("array.group_by", () => {
  it("groups in order of appearance", () => {
    expect(text('array.group_by([{t = "b", n = 1}, {n = 2}, {t = "a"}, {t = "b", n = 3}], "t", true)')).toBe(
      '[{items = [{n = 1,t = "b",}, {n = 3,t = "b",}],t = "b",}, {items = [{t = "a",}],t = "a",}]',
    );
  });

  it("puts objects without the key under the empty text, or drops them", () => {
    expect(text('array.group_by([{n = 2}], "t", false)')).toBe('[{items = [{n = 2,}],t = "",}]');
    expect(text('array.group_by([{n = 2}], "t", true)')).toBe("[]");
  });

  it.each([
    ["array.group_by([])", "Error: group_by: expected 3 arguments, got 1"],
    ["array.group_by([], 5, true)", "1:20-20 5 should be string, got number"],
    ['array.group_by([1], "t", true)', "1:17-17 1 should be object, got number"],
    ['array.group_by([{t = 1}], "t", true)', "1:22-22 1 should be string, got number"],
  ])("%s fails with %s", (expression, message) => {
    expect(failure(expression)).toBe(message);
  });
});
