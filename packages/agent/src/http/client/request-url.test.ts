import { describe, expect, it } from "vitest";
import { parseUrl, shownUrl } from "./request-url.ts";

describe("parseUrl()", () => {
  it("takes what Go takes", () => {
    for (const text of ["http://a", "https://u:p@[::1]:443/x?y=z#f", "http://a:80/%20", "socks5://p:1080", "http://ü.example/"]) {
      expect(() => parseUrl(text)).not.toThrow();
    }
  });

  it.each([
    ["://bad", "missing protocol scheme"],
    ["::not a url", "missing protocol scheme"],
    ["127.0.0.1:4040", "first path segment in URL cannot contain colon"],
    ["http://a:b1/x", 'invalid port ":b1" after host'],
    ["http://us:pa.127.0.0.1:80/x", 'invalid port ":pa.127.0.0.1:80" after host'],
    ["http://[::1/x", "missing ']' in host"],
    ["http://[::1]x/", 'invalid port "x" after host'],
    ["http://a b/", 'invalid character " " in host name'],
    ["http://u\u{e9}@a/", "net/url: invalid userinfo"],
    ["http://a/\n", "net/url: invalid control character in URL"],
    ["a/b", "invalid URI for request"],
  ])("refuses %j in Go's words", (text, reason) => {
    expect(() => parseUrl(text)).toThrow(`parse ${JSON.stringify(text)}: ${reason}`);
  });
});

describe("shownUrl()", () => {
  it("hides the password only", () => {
    expect(shownUrl(new URL("http://u:secret@a/x?y"))).toBe("http://u:***@a/x?y");
    expect(shownUrl(new URL("http://u@a/x"))).toBe("http://u@a/x");
  });
});
