import { describe, expect, it } from "vitest";
import { shownUrl } from "./shown-url.ts";

describe("shownUrl()", () => {
  it.each([
    ["http://user:top-secret@host:4040", "http://user:xxxxx@host:4040"],
    ["http://user:top-secret@host/", "http://user:xxxxx@host/"],
    ["https://:top-secret@host/a@b?c=d@e", "https://:xxxxx@host/a@b?c=d@e"],
    ["http://user:top@secret@host/x", "http://user:xxxxx@host/x"],
    ["http:\\\\user:top-secret@host", "http://user:xxxxx@host"],
    ["http:user:top-secret@host", "http://user:xxxxx@host"],
  ])("replaces the password of %j", (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
  });

  it.each([
    ["http://user:top/secret@host", "http://user:xxxxx@host"],
    ["http://user:top-secret@host:port", "http://user:xxxxx@host:port"],
    ["ftp://user:top-secret@host", "ftp://user:xxxxx@host"],
    ["user:top-secret@host", "user:xxxxx@host"],
  ])("replaces what may be a password in %j, which is no endpoint", (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
  });

  it.each(["http://host", "HTTP://Host:80/a/../b", "http://user@host", "http://h/a:b@c", "localhost:4040", "http://h:port/", ""])(
    "leaves %j as it is",
    (url) => {
      expect(shownUrl(url)).toBe(url);
    },
  );
});
