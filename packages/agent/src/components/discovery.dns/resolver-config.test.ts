import { describe, expect, it } from "vitest";
import { candidateNames, parseResolverConfig } from "./resolver-config.ts";

describe("parseResolverConfig", () => {
  it("reads servers, search domains and the number of dots", () => {
    const text =
      "# comment\nnameserver 10.0.0.2\nnameserver\t::1\nnameserver nonsense\nsearch a.test b.test\noptions rotate ndots:5 timeout:1\n";
    expect(parseResolverConfig(text)).toEqual({ servers: ["10.0.0.2", "::1"], search: ["a.test", "b.test"], ndots: 5 });
  });

  it("takes the last of domain and search, and bounds the dots", () => {
    expect(parseResolverConfig("domain x.test\nsearch y.test\noptions ndots:99")).toMatchObject({ search: ["y.test"], ndots: 15 });
    expect(parseResolverConfig("search y.test\ndomain x.test")).toMatchObject({ search: ["x.test"] });
  });

  it("asks a server on the host when there is no configuration", () => {
    expect(parseResolverConfig("")).toEqual({ servers: ["127.0.0.1"], search: [], ndots: 1 });
  });
});

describe("candidateNames", () => {
  const config = { servers: [], search: ["a.test", "b.test.", "."], ndots: 2 };

  it.each([
    ["web", ["web.a.test.", "web.b.test.", "web.", "web."]],
    ["web.app.svc", ["web.app.svc.", "web.app.svc.a.test.", "web.app.svc.b.test.", "web.app.svc."]],
    ["web.", ["web."]],
  ])("%j", (name, candidates) => expect(candidateNames(name, config)).toEqual(candidates));
});
