import { describe, expect, it } from "vitest";
import { encodeProfile } from "./encode-profile.ts";
import { sniffPprof } from "./sniff.ts";

const binary = "application/octet-stream";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const gzipped = Uint8Array.of(0x1f, 0x8b, 8, 0, 0);
const pprof = encodeProfile({ sampleTypes: [{ type: "cpu", unit: "nanoseconds" }], timeMs: 1, durationMs: 1, samples: [] });

describe("sniffPprof", () => {
  it.each([
    ["gzip", gzipped, binary],
    ["gzip with parameters after the type", gzipped, "Application/Octet-Stream; charset=x"],
    ["plain protobuf", pprof, binary],
    ["any protobuf of Go's type", Uint8Array.of(0x0a, 4, 0x74, 0x65, 0x73, 0x74, 0x10, 0x2a), binary],
    ["gzip of another type", gzipped, "application/gzip"],
    ["plain pprof of another type", pprof, "application/x-protobuf"],
  ])("accepts %s", (_, body, type) => expect(sniffPprof(body, type)).toBeUndefined());

  const unexpected = (type: string): string => `unexpected Content-Type ${type}, expected application/octet-stream for pprof data`;
  const text = (quoted: string): string => `text response instead of pprof: ${quoted} (server should return HTTP error, not 200)`;

  it.each([
    ["no type", pprof, undefined, "missing Content-Type header"],
    ["an empty type", pprof, "", "missing Content-Type header"],
    ["HTML that says so", bytes("<html><body>x</body></html>"), "text/html; charset=utf-8", unexpected("text/html; charset=utf-8")],
    ["JSON that says so", bytes('{"a":1}'), "application/json", unexpected("application/json")],
    [
      "other protobuf of another type",
      Uint8Array.of(0x0a, 4, 0x74, 0x65, 0x73, 0x74, 0x10, 0x2a),
      "application/proto",
      unexpected("application/proto"),
    ],
    ["a cut pprof of another type", pprof.subarray(0, -1), "application/proto", unexpected("application/proto")],
    ["HTML", bytes("<html><body>x</body></html>"), binary, text('"<html><body>x</body></html>"')],
    ["a doctype after blanks", bytes(" \r\n\t<!DOCTYPE html>"), binary, text('" \\r\\n\\t<!DOCTYPE html>"')],
    ["JSON", bytes(`{"error":"${"é".repeat(30)}"}`), binary, text(`"{\\"error\\":\\"${"é".repeat(20)}"`)],
    ["an error text that could be protobuf", bytes("profiling is disabled\n"), binary, text('"profiling is disabled\\n"')],
    ["too little", Uint8Array.of(0x0a, 1), binary, "data too short for pprof format"],
    [
      "an impossible wire type",
      Uint8Array.of(0x1e, 1, 0, 0x12, 4, 0x74, 0x65, 0x73, 0x74),
      binary,
      "invalid protobuf data: illegal wireType 6 (expected 0-5), first bytes: 1e0100120474657374",
    ],
    [
      "plain text",
      bytes("goroutine 1 [running]:"),
      binary,
      "invalid protobuf data: illegal wireType 7 (expected 0-5), first bytes: 676f726f7574696e652031205b72756e",
    ],
  ])("refuses %s", (_, body, type, reason) => expect(sniffPprof(body, type)).toBe(reason));

  it("does not take a short body for text", () => expect(sniffPprof(bytes("<html>"), binary)).toBeUndefined());
});
