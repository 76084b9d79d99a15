import { Labels } from "@flameline/profile";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeQuery, escapePath, joinPath, scrapeUrl, targetQuery } from "./scrape-url.ts";

describe("joinPath()", () => {
  it.each([
    ["", "/debug/pprof/allocs", "/debug/pprof/allocs"],
    ["", "debug", "/debug"],
    ["", "", "/"],
    ["/pre", "/debug/", "/pre/debug/"],
    ["/pre/", "//a//b", "/pre/a/b"],
    ["/pre", "../up/./x", "/up/x"],
    ["", "/../../x", "/x"],
    ["/pre/", "", "/pre/"],
    ["", "/", "/"],
  ])("joins %j and %j", (prefix, path, expected) => {
    expect(joinPath(prefix, path)).toBe(expected);
  });
});

describe("escapePath()", () => {
  it.each([
    ["/x y?z=1#f", "/x%20y%3Fz=1%23f"],
    ["/ü", "/%C3%BC"],
    ["/a%2Fb", "/a%2Fb"],
    ["/100%", "/100%25"],
    ["/a(b)*", "/a%28b%29%2A"],
    ["/$&+,:;=@-_.~", "/$&+,:;=@-_.~"],
  ])("%j is %j", (path, expected) => {
    expect(escapePath(path)).toBe(expected);
  });
});

describe("encodeQuery()", () => {
  it("sorts names and keeps the order of values", () => {
    const query = new Map([
      ["b", ["2", "1"]],
      ["a", ["x y&z"]],
    ]);
    expect(encodeQuery(query)).toBe("a=x+y%26z&b=2&b=1");
  });

  it("encodes bytes that are not UTF-8 as they are", () => {
    expect(encodeQuery(new Map([["k", ["\u{dcff}"]]]))).toBe("k=%FF");
  });

  it("is read back by a form decoder", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        expect(new URLSearchParams(encodeQuery(new Map([["k", [value]]]))).get("k")).toBe(value);
      }),
    );
  });
});

describe("targetQuery()", () => {
  it("replaces the first value of a parameter by the target's label, or adds the parameter", () => {
    const params = new Map([
      ["a", ["1", "2"]],
      ["empty", []],
    ]);
    const query = targetQuery(params, Labels.of({ __param_a: "9", __param_foo: "bar&x" }));
    expect(encodeQuery(query)).toBe("a=9&a=2&foo=bar%26x");
  });
});

describe("scrapeUrl()", () => {
  it("is made of the target's labels", () => {
    const labels = Labels.of({
      __scheme__: "https",
      __address__: "127.0.0.1:4100",
      __profile_path__: "/foo239",
      __profile_path_prefix__: "/mimir",
    });
    expect(scrapeUrl(labels, new Map([["seconds", ["14"]]]))).toBe("https://127.0.0.1:4100/mimir/foo239?seconds=14");
    expect(scrapeUrl(labels, new Map())).toBe("https://127.0.0.1:4100/mimir/foo239");
  });
});
