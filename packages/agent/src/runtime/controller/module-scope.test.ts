import { describe, expect, it } from "vitest";
import { Scope } from "../../schema/index.ts";
import { ModuleScope } from "./module-scope.ts";

const standardLibrary = new Scope(new Map([["string", "the library"]]));

describe("ModuleScope", () => {
  it("nests ids and hides names of the library", () => {
    const scope = new ModuleScope({ module_path: "/etc" }, standardLibrary);
    scope.set("a.b.x", new Map([["one", 1n]]));
    scope.set("a.b.y", new Map());
    expect(scope.scope.lookup("a")).toEqual(
      new Map([
        [
          "b",
          new Map([
            ["x", new Map([["one", 1n]])],
            ["y", new Map()],
          ]),
        ],
      ]),
    );
    expect(scope.scope.lookup("module_path")).toBe("/etc");
    expect(scope.scope.lookup("string")).toBe("the library");
    scope.set("string.x", new Map());
    expect(scope.scope.lookup("string")).toEqual(new Map([["x", new Map()]]));
  });

  it("shows changes at once", () => {
    const scope = new ModuleScope({}, standardLibrary);
    scope.set("a.x", new Map([["one", 1n]]));
    const seen = scope.scope.lookup("a");
    scope.set("a.x", new Map([["one", 2n]]));
    expect(seen).toEqual(new Map([["x", new Map([["one", 2n]])]]));
    scope.set("a.x", undefined);
    expect(seen).toEqual(new Map());
  });

  it("prefers the shorter of two ids of which one continues the other", () => {
    const scope = new ModuleScope({}, standardLibrary);
    const shorter = new Map([["out", 1n]]);
    scope.set("m", shorter);
    scope.set("m.x", new Map([["out", 2n]]));
    expect(scope.scope.lookup("m")).toBe(shorter);
    expect(shorter.size).toBe(1);
  });
});
