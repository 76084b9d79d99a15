import { describe, expect, it } from "vitest";
import { parsePlainHead } from "./request-head.ts";

const lines = (...all: readonly string[]): string => all.join("\r\n");
const plain = ["POST /ingest?name=a HTTP/1.1", "Host: a", "Content-Length: 12"] as const;

describe("parsePlainHead()", () => {
  it("reads what a sender says of a body of known length", () => {
    expect(parsePlainHead(lines(...plain, "X-Scope-OrgID:\t one\ttwo \t", "connection: Close"))).toEqual({
      method: "POST",
      url: "/ingest?name=a",
      headers: { host: "a", "content-length": "12", "x-scope-orgid": "one\ttwo", connection: "Close" },
      rawHeaders: ["Host", "a", "Content-Length", "12", "X-Scope-OrgID", "one\ttwo", "connection", "Close"],
      bodyBytes: 12,
      keepsAlive: false,
    });
    expect(parsePlainHead(lines(...plain, "Connection: keep-alive"))?.keepsAlive).toBe(true);
    expect(parsePlainHead(lines(...plain))?.keepsAlive).toBe(true);
  });

  it.each([
    ["another method", ["GET / HTTP/1.1", "Host: a", "Content-Length: 0"]],
    ["another version", ["POST / HTTP/1.0", "Host: a", "Content-Length: 0"]],
    ["a URL in place of a path", ["POST http://a/ HTTP/1.1", "Host: a", "Content-Length: 0"]],
    ["a byte beyond ASCII in the path", ["POST /\u00e9 HTTP/1.1", "Host: a", "Content-Length: 0"]],
    ["two spaces", ["POST  / HTTP/1.1", "Host: a", "Content-Length: 0"]],
    ["no host", ["POST / HTTP/1.1", "Content-Length: 0"]],
    ["no length", ["POST / HTTP/1.1", "Host: a"]],
    ["two lengths", [...plain, "Content-Length: 12"]],
    ["a length that is none", ["POST / HTTP/1.1", "Host: a", "Content-Length: +1"]],
    ["a length beside what is no white space in HTTP", ["POST / HTTP/1.1", "Host: a", "Content-Length: \u00a01"]],
    ["a wish for a proxy", [...plain, "Proxy-Connection: close"]],
    ["a list of lengths", ["POST / HTTP/1.1", "Host: a", "Content-Length: 1, 1"]],
    ["a length beyond what can be counted", ["POST / HTTP/1.1", "Host: a", "Content-Length: 9999999999999999"]],
    ["a body in chunks", [...plain, "Transfer-Encoding: chunked"]],
    ["a wish to be asked first", [...plain, "Expect: 100-continue"]],
    ["another protocol", [...plain, "Upgrade: h2c"]],
    ["options of the connection", [...plain, "Connection: keep-alive, upgrade"]],
    ["a field that comes twice", [...plain, "X-A: 1", "x-a: 2"]],
    ["a line that goes on", [...plain, "X-A: 1", " 2"]],
    ["a space before the colon", [...plain, "X-A : 1"]],
    ["a line without a colon", [...plain, "X-A"]],
    ["an empty name", [...plain, ": 1"]],
    ["a line feed alone", [...plain, "X-A: 1\nX-B: 2"]],
    ["a return alone", [...plain, "X-A: 1\rX-B: 2"]],
    ["a zero byte", [...plain, "X-A: \0"]],
    ["more fields than anybody sends", [...plain, ...Array.from({ length: 100 }, (_, at) => `X-${at}: 1`)]],
  ])("leaves %s to others", (_, head) => {
    expect(parsePlainHead(lines(...head))).toBeUndefined();
  });

  it("takes names for what they are", () => {
    const head = parsePlainHead(lines(...plain, "__proto__: 1", "constructor: 2"));
    expect(Object.entries(head?.headers ?? {}).slice(2)).toEqual([
      ["__proto__", "1"],
      ["constructor", "2"],
    ]);
  });
});
