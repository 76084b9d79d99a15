import { describe, expect, it } from "vitest";
import { Secret } from "../../schema/secret.ts";
import { unjudgedUrl, url } from "./url-type.ts";

describe.each([
  ["url", url],
  ["unjudgedUrl", unjudgedUrl],
])("%s", (_, type) => {
  it("is kept as written, and shown unless it holds a password", () => {
    expect(type.decode("http://user@host")).toBe("http://user@host");
    expect(type.encode("http://user@host")).toBe("http://user@host");
    expect(type.encode("http://user:pass@host")).toEqual(new Secret("http://user:pass@host"));
    expect(type.encode("")).toBe("");
  });
});

it("is judged at once, or later", () => {
  expect(() => url.decode("://x")).toThrow('parse "://x": missing protocol scheme');
  expect(unjudgedUrl.decode("://x")).toBe("://x");
  expect(unjudgedUrl.encode("://x")).toBe("://x");
});
