import { Source, parse } from "@flameline/syntax";
import { describe, expect, it } from "vitest";
import { chainText, chainsOf } from "./chain.ts";

function chainsIn(text: string): readonly string[] {
  const { file } = parse(new Source("a.alloy", text));
  return chainsOf(file?.body ?? []).map(chainText);
}

describe("chainsOf()", () => {
  it("gives runs of names in source order, of blocks inside too", () => {
    expect(chainsIn("a = [b.c.d, e(f.g)[0].h]\ni {\n  j = k + l.m\n}")).toEqual(["b.c.d", "e", "f.g", "k", "l.m"]);
  });

  it("takes lists of any length", () => {
    expect(chainsIn(`a = [${"1,".repeat(200_000)} b.c]`)).toEqual(["b.c"]);
  });
});
