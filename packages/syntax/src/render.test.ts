import { describe, expect, it } from "vitest";
import type { Diagnostic } from "./diagnostic.ts";
import { renderDiagnostics } from "./render.ts";
import { Source } from "./source.ts";

function at(text: string, start: number, end: number, more: Partial<Diagnostic> = {}): Diagnostic {
  return { severity: "error", message: "bad", source: new Source("f", text), range: { start, end }, ...more };
}

describe("renderDiagnostics", () => {
  it("renders nothing for no diagnostics", () => {
    expect(renderDiagnostics([])).toBe("");
  });

  it("separates diagnostics with an empty line", () => {
    const placeless: Diagnostic = { severity: "warning", message: "no place" };
    expect(renderDiagnostics([placeless, at("x", 0, 1), placeless])).toBe(
      "Warning: -: no place\n\nError: f:1:1: bad\n\n1 | x\n  | ^\n\nWarning: -: no place\n",
    );
  });

  it("puts a hint below its diagnostic", () => {
    expect(renderDiagnostics([at("x", 0, 1, { hint: "try y" }), { severity: "error", message: "m", hint: "h" }])).toBe(
      "Error: f:1:1: bad\n\n1 | x\n  | ^\nhint: try y\n\nError: -: m\nhint: h\n",
    );
  });

  it("marks characters, not bytes", () => {
    expect(renderDiagnostics([at("é = 日本😀 + 1", 4, 8)])).toBe("Error: f:1:6: bad\n\n1 | é = 日本😀 + 1\n  |     ^^^\n");
  });

  it("marks nothing past the end of a line", () => {
    expect(renderDiagnostics([at("ab\nc", 2, 2)])).toBe("Error: f:1:3: bad\n\n1 | ab\n  |   \n2 | c\n");
  });

  it("widens the margin for the largest line number", () => {
    const text = "\n".repeat(8) + "x\ny";
    expect(renderDiagnostics([at(text, 8, 9)])).toBe("Error: f:9:1: bad\n\n 8 | \n 9 | x\n   | ^\n10 | y\n");
  });

  it("draws corners around several lines", () => {
    expect(renderDiagnostics([at("\ta {\n\t\tb\n\t}\nc", 1, 11)])).toBe(
      ["Error: f:1:2: bad", "", "1 |       a {", "  |  _____^^^", "2 | |         b", "3 | |     }", "  | |_____^", "4 |   c", ""].join(
        "\n",
      ),
    );
  });

  it("shows broken bytes and drops carriage returns", () => {
    expect(renderDiagnostics([at("a\udcff\r\nb", 1, 2)])).toBe("Error: f:1:2: bad\n\n1 | a\u{fffd}\n  |  ^\n2 | b\n");
  });

  it("cuts off lines that nobody reads", () => {
    const lines = renderDiagnostics([at("x".repeat(1_000_000), 5000, 5001)]).split("\n");
    expect(lines[0]).toBe("Error: f:1:5001: bad");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(2100);
  });

  it("shows a block of any length", () => {
    const lines = 200_000;
    expect(renderDiagnostics([at("a\n".repeat(lines), 0, 2 * lines)]).split("\n")).toHaveLength(lines + 6);
  });

  it("colours headers only", () => {
    const [header, , ...snippet] = renderDiagnostics([at("x", 0, 1)], { color: true }).split("\n");
    expect(header).toBe("\x1b[31;1mError: \x1b[0m\x1b[1mf:1:1: bad\x1b[0m");
    expect(snippet.join("\n")).toBe("1 | x\n  | ^\n");
    expect(renderDiagnostics([{ severity: "warning", message: "m" }], { color: true })).toContain("\x1b[33;1mWarning: ");
  });
});
