import { describe, expect, it } from "vitest";
import { Topics } from "./topics.ts";

describe("Topics", () => {
  it("keeps a name as long as somebody has it, and uses its place again", () => {
    const topics = new Topics();
    const [a, again, b] = [topics.hold("a"), topics.hold("a"), topics.hold("b")];
    expect(again).toBe(a);
    topics.drop(a);
    expect([topics.nameOf(a), topics.nameOf(b)]).toEqual(["a", "b"]);
    topics.drop(a);
    const c = topics.hold("c");
    expect(c).toBe(a);
    expect([topics.nameOf(c), topics.hold("a")]).toEqual(["c", 3]);
    topics.drop(topics.hold(""));
    expect(topics.nameOf(0)).toBe("");
  });
});
