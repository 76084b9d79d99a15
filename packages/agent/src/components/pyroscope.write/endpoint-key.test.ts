import { describe, expect, it } from "vitest";
import type { EndpointArguments } from "./arguments.ts";
import { endpointKeys } from "./endpoint-key.ts";

function endpoint(
  url: string,
  more: { readonly name?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): EndpointArguments {
  // Only what makes the key.
  return { url, name: more.name ?? "", headers: new Map(Object.entries(more.headers ?? {})) } as unknown as EndpointArguments;
}

describe("endpointKeys()", () => {
  it("names the host, and hides user and password", () => {
    expect(endpointKeys([endpoint("https://user:secret@pyro.example:4040/x")])[0]).toMatch(/^pyro\.example-[0-9a-f]{12}$/);
    expect(endpointKeys([endpoint("http://[::1]:4040")])[0]).toMatch(/^_+1_-[0-9a-f]{12}$/);
  });

  it("stays when the password changes, and tells nothing about it", () => {
    const keys = ["one", "two"].flatMap((password) => endpointKeys([endpoint(`https://user:${password}@pyro.example`)]));
    expect(keys[0]).toBe(keys[1]);
  });

  it("does not depend on the order, but tells URLs, names and tenants apart", () => {
    const all = [
      endpoint("http://a"),
      endpoint("http://b"),
      endpoint("http://a", { name: "n" }),
      endpoint("http://a", { headers: { "x-scope-orgid": "t" } }),
    ];
    const keys = endpointKeys(all);
    expect(new Set(keys).size).toBe(4);
    expect(endpointKeys(all.toReversed())).toEqual(keys.toReversed());
    expect(endpointKeys([endpoint("http://a", { headers: { Other: "1" } })])).toEqual([keys[0]]);
  });

  it("takes slashes at the end of a URL for nothing", () => {
    expect(endpointKeys([endpoint("http://a/x//")])).toEqual(endpointKeys([endpoint("http://a/x")]));
    expect(endpointKeys([endpoint("http://a/")])).toEqual(endpointKeys([endpoint("http://a")]));
  });

  it("tells equal endpoints apart by their order", () => {
    const [first, second] = endpointKeys([endpoint("http://a"), endpoint("http://a")]);
    expect(first).not.toBe(second);
    expect(endpointKeys([endpoint("http://a")])).toEqual([first]);
  });
});
