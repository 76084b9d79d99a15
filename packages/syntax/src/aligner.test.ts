import { describe, expect, it } from "vitest";
import { Aligner } from "./aligner.ts";

/** `|` hard tab, `:` soft tab, newline, `~` section break; everything else is text. */
function align(text: string): string {
  const out = new Aligner();
  for (const part of text.split(/([|:~\n])/)) {
    if (part === "|") out.tab("hard");
    else if (part === ":") out.tab("soft");
    else if (part === "~") out.endSection();
    else if (part === "\n") out.endLine();
    else if (part !== "") out.write(part);
  }
  return out.finish();
}

describe("Aligner", () => {
  it.each([
    ["pads the cells of a column", "a:1\nbbb:2", "a   1\nbbb 2"],
    ["does not count what follows the last tab", "a:long text\nb:1", "a long text\nb 1"],
    ["ends columns at a line without the cell", "a:1\n-\nbbb:2", "a 1\n-\nbbb 2"],
    ["ends columns at a section break", "a:1~bbb:2", "a 1\nbbb 2"],
    ["nests columns", "a:x|1\nb:yyy|2\nccc:3\nd:z|4", "a   x   1\nb   yyy 2\nccc 3\nd   z 4"],
    ["counts code points", "é:1\n😀😀:2", "é  1\n😀😀 2"],
    ["indents with tabs", "||a:1\n||bb:2", "\t\ta  1\n\t\tbb 2"],
    ["indents with as many tabs as the column above is wide", "eight ch:x\n|y", "eight ch x\n\t\ty"],
    ["drops columns of empty cells with soft tabs", "a:\nb:", "a \nb "],
    ["drops them only when they are soft", "a|:x\nb|:y", "a x\nb y"],
    ["keeps lines without cells", "a\n\nb", "a\n\nb"],
  ])("%s", (_, input, expected) => {
    expect(align(input)).toBe(expected);
  });

  it("leaves texts alone that hold tabs or newlines", () => {
    const out = new Aligner();
    out.write("a");
    out.tab("soft");
    out.write("`x\ty\n  z \n`");
    out.tab("hard");
    out.write("c");
    expect(out.finish()).toBe("a `x\ty\n  z \n` c");
  });

  it("writes a blank only before text on the same line", () => {
    const out = new Aligner();
    out.write("a");
    out.blank();
    out.write("b");
    out.blank();
    out.endLine();
    out.write("c");
    out.blank();
    expect(out.finish()).toBe("a b\nc");
  });
});
