import { describe, expect, it } from "vitest";
import { describeCharacter, isIdentifier } from "./character.ts";

describe("isIdentifier", () => {
  it.each(["a", "_", "a1_", "été", "日本", "x٣", "nullx"])("accepts %s", (text) => {
    expect(isIdentifier(text)).toBe(true);
  });
  it.each(["", "1a", "a-b", "a.b", " a", "a ", "a\n", "true", "false", "null", "٣", "a\u0301"])("refuses %j", (text) => {
    expect(isIdentifier(text)).toBe(false);
  });
});

describe("describeCharacter", () => {
  it("shows printable characters only", () => {
    expect(describeCharacter("@")).toBe("U+0040 '@'");
    expect(describeCharacter("😀")).toBe("U+1F600 '😀'");
    expect(describeCharacter("\u200b")).toBe("U+200B");
  });
});
