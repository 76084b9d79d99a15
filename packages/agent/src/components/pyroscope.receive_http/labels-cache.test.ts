import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Labels } from "@flameline/profile";
import { describe, expect, it, vi } from "vitest";
import { LabelsCache, maxCachedKeyLength, maxCachedLabelSets } from "./labels-cache.ts";

const parse = (key: string): Labels => Labels.of({ app: key });

describe("LabelsCache", () => {
  it("parses a key once, until it is the oldest of too many", () => {
    const cache = new LabelsCache();
    const counted = vi.fn(parse);
    const sets = Array.from({ length: maxCachedLabelSets + 1 }, (_, at) => cache.read(`app-${at}`, counted));
    expect(sets[1]).toEqual(Labels.of({ app: "app-1" }));
    expect(cache.read("app-1", counted)).toBe(sets[1]);
    expect(counted).toHaveBeenCalledTimes(maxCachedLabelSets + 1);
    expect(cache.read("app-0", counted)).not.toBe(sets[0]);
  });

  it("remembers neither long keys nor those without labels", () => {
    const cache = new LabelsCache();
    const long = "x".repeat(maxCachedKeyLength + 1);
    expect(cache.read(long, parse)).not.toBe(cache.read(long, parse));
    expect(cache.read("{", () => "no labels")).toBe("no labels");
    expect(cache.read("{", parse)).toEqual(parse("{"));
  });

  it("keeps any text as it is", () => {
    const key = "caf\u{e9}-\u{1f600}-\u{dcff}";
    expect(new LabelsCache().read(key, parse)).toEqual(parse(key));
  });

  it("does not keep the URLs of which its keys are parts", () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const heapUsed = (): number => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const cache = new LabelsCache();
    const rest = "x".repeat(1 << 19);
    const before = heapUsed();
    for (let at = 0; at < 64; at += 1) {
      const url = Buffer.from(`/ingest?name=some-application-${at}&rest=${rest}`).toString("latin1");
      cache.read(url.slice("/ingest?name=".length, url.indexOf("&")), parse);
    }
    expect(heapUsed() - before).toBeLessThan(8 << 20);
    expect(cache.read("some-application-1", () => "was forgotten")).toBeInstanceOf(Labels);
  });
});
