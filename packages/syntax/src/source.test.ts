import { describe, expect, it } from "vitest";
import { placeOf, summarize } from "./diagnostic.ts";
import { Source } from "./source.ts";

describe("Source", () => {
  const source = new Source("f", "a\né日x\n\n");

  it("turns offsets into lines and byte columns", () => {
    expect(source.describe(0)).toBe("f:1:1");
    expect(source.describe(1)).toBe("f:1:2");
    expect(source.describe(4)).toBe("f:2:6");
    expect(source.describe(7)).toBe("f:4:1");
    expect(new Source("", "a").describe(0)).toBe("1:1");
  });

  it("gives the lines", () => {
    expect([0, 1, 2, 3, 4, 5].map((line) => source.line(line))).toEqual(["", "a", "é日x", "", "", ""]);
  });

  it("counts a byte that is no text as one", () => {
    expect(Source.fromBytes("f", Uint8Array.of(0xff, 0xfe, 0x41)).describe(2)).toBe("f:1:3");
  });
});

describe("summarize", () => {
  const source = new Source("f", "a");
  const first = { severity: "error", message: "first", source, range: { start: 0, end: 1 } } as const;

  it("names the first diagnostic and counts the others", () => {
    expect(summarize([])).toBe("");
    expect(summarize([first])).toBe("f:1:1: first");
    expect(summarize([{ severity: "error", message: "no place" }, first, first])).toBe("-: no place (and 2 more diagnostics)");
    expect(placeOf({ severity: "error", message: "" })).toBe("-");
  });
});
