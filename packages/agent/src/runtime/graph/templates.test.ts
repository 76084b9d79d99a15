import type { Block } from "@flameline/syntax";
import { Source, parse } from "@flameline/syntax";
import { describe, expect, it } from "vitest";
import { TemplateRegistry, splitTemplateName } from "./templates.ts";

function declares(text: string): readonly Block[] {
  return parse(new Source("", text)).file?.body.filter((statement) => statement.kind === "block") ?? [];
}

function registry(text: string, imports: readonly string[] = [], parent?: TemplateRegistry): TemplateRegistry {
  return new TemplateRegistry({ declares: declares(text), imports, modulePath: "", parent });
}

const outer = registry('declare "a" { }\ndeclare "b" { }');

describe("TemplateRegistry", () => {
  it("finds the innermost declare of a name, with the registry that its body sees", () => {
    const inner = registry('declare "b" { }', [], outer);
    expect(inner.find("", "a")?.registry).toBe(outer);
    expect(inner.find("", "b")?.registry).toBe(inner);
    expect(outer.find("", "c")).toBeUndefined();
    expect([...inner.names()]).toEqual(["b", "a"]);
  });

  it("keeps namespaces apart", () => {
    const library = registry('declare "x" { }');
    const importer = registry("", ["lib"], outer);
    importer.provide("lib", { templates: library, revision: 3 });
    const inside = registry("", [], importer);
    expect(inside.revision).toBe(3);
    expect(inside.find("lib", "x")?.registry).toBe(library);
    expect(inside.find("lib", "a")).toBeUndefined();
    expect(library.find("", "a")).toBeUndefined();
    expect(inside.find("", "x")).toBeUndefined();
  });

  it("knows everything below the namespace of an import whose content is not there", () => {
    const importer = registry("", ["lib"]);
    expect(importer.knows("lib", "anything")).toBe(true);
    expect(importer.knows("other", "anything")).toBe(false);
    expect(importer.find("lib", "anything")).toBeUndefined();
  });
});

describe("splitTemplateName()", () => {
  it("takes names of one or two parts", () => {
    expect(splitTemplateName("add")).toEqual({ namespace: "", template: "add" });
    expect(splitTemplateName("lib.add")).toEqual({ namespace: "lib", template: "add" });
    expect(splitTemplateName("a.b.c")).toBeUndefined();
  });
});
