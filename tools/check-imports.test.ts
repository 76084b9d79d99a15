import { describe, expect, it } from "vitest";
import { findViolations, violationsOf } from "./check-imports.ts";

const messages = (file: string, text: string): readonly string[] => violationsOf(file, text).map(({ message }) => message);

describe("violationsOf()", () => {
  it("keeps browser-safe packages free of node: modules", () => {
    expect(messages("packages/syntax/src/a.ts", 'import { x } from "node:fs";')).toEqual([
      "node:fs: syntax must stay free of node: modules",
    ]);
  });

  it("refuses an import against the direction of the layers, static or dynamic", () => {
    expect(messages("packages/agent/src/schema/a.ts", 'import type { X } from "../component/define.ts";')).toHaveLength(1);
    expect(messages("packages/agent/src/runtime/a.ts", 'await import("../components/x/component.ts");')).toHaveLength(1);
    expect(messages("packages/agent/src/component/a.ts", 'export * from "../schema/value.ts";')).toEqual([]);
  });

  it("refuses one component importing another", () => {
    const file = "packages/agent/src/components/pyroscope.write/a.ts";
    expect(messages(file, 'import { x } from "../pyroscope.relabel/b.ts";')).toHaveLength(1);
    expect(messages(file, 'import { x } from "./b.ts";\nimport { y } from "../../http/client/c.ts";')).toEqual([]);
  });
});

describe("findViolations()", () => {
  it("finds none in this project", () => {
    expect(findViolations()).toEqual([]);
  });
});
