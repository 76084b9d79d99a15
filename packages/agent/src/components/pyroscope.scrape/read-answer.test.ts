import { gzipSync } from "node:zlib";
import { encodeProfile } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import type { HttpResponse } from "../../http/client/http-message.ts";
import { readAnswer } from "./read-answer.ts";
import { defaultScrapeLimits } from "./scrape-limits.ts";

const profile = { sampleTypes: [{ type: "cpu", unit: "nanoseconds" }], timeMs: 1, durationMs: 1, samples: [] };
const pprof = encodeProfile(profile);
const manyTypes = (count: number) => Array.from({ length: count }, (_, index) => ({ type: `t${index * 7919}`, unit: "count" }));
const packed = gzipSync(pprof);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function answer(body: Uint8Array, headers: Record<string, string> = {}, status = 200): HttpResponse {
  const all = { "content-type": "application/octet-stream", ...headers };
  return { status, statusText: "", headers: new Map(Object.entries(all)), body };
}

const read = (response: HttpResponse) => readAnswer(response, "cust", defaultScrapeLimits);

async function failureOf(response: HttpResponse): Promise<string> {
  const result = await read(response);
  return "failure" in result ? `${result.failure.reason}: ${result.failure.message}` : "none";
}

describe("readAnswer()", () => {
  it.each([
    ["a packed pprof", packed, {}],
    ["a plain pprof", pprof, {}],
    ["any 2xx", packed, {}, 202],
    ["another type of a real pprof", packed, { "content-type": "application/vnd.google.protobuf+gzip" }],
    ["a pprof that the server packed", packed, { "content-encoding": "gzip" }],
  ])("passes on %s as it came", async (_, body, headers, status = 200) => {
    expect(await read(answer(body, headers, status))).toEqual({ data: body });
  });

  it("removes a second packing", async () => {
    const result = await read(answer(gzipSync(packed), { "content-encoding": "GZIP" }));
    expect("data" in result && Buffer.from(result.data).equals(packed)).toBe(true);
  });

  it.each([
    [answer(bytes(" gone \n"), {}, 500), "status: server returned HTTP status (500) gone"],
    [answer(bytes(""), {}, 500), "status: server returned HTTP status (500) 500 Internal Server Error"],
    [answer(bytes("404 page not found\n"), {}, 404), "absent: server returned HTTP status (404) 404 page not found"],
    [answer(bytes(""), {}, 204), "invalid: empty cust profile"],
    [
      answer(bytes("<html><body>x</body></html>")),
      'invalid: invalid profile data: text response instead of pprof: "<html><body>x</body></html>" (server should return HTTP error, not 200)',
    ],
    [answer(Uint8Array.of(0x0a, 0x0a)), "invalid: invalid profile data: data too short for pprof format"],
    [
      answer(Uint8Array.of(0x1e, 1, 0, 0x12, 4, 0x74, 0x65, 0x73, 0x74)),
      "invalid: invalid profile data: invalid protobuf data: illegal wireType 6 (expected 0-5), first bytes: 1e0100120474657374",
    ],
    [
      answer(gzipSync("<html><body>x</body></html>")),
      'invalid: invalid profile data: text response instead of pprof: "<html><body>x</body></html>" (server should return HTTP error, not 200)',
    ],
    [answer(Uint8Array.of(0x1f, 0x8b, ...bytes("nonsense-nonsense"))), "invalid: invalid profile data: unknown compression method"],
    [answer(packed, { "content-encoding": "br" }), "invalid: unsupported Content-Encoding br"],
  ])("refuses %#", async (response, failure) => {
    expect(await failureOf(response)).toBe(failure);
  });

  it("refuses half a gzip, wherever it is cut, and no whole one", async () => {
    const bodies = [1, 100, 5000].map((length) => gzipSync(encodeProfile({ ...profile, sampleTypes: manyTypes(length) })));
    for (const body of bodies) {
      expect(await read(answer(body))).toEqual({ data: body });
      const cuts = Array.from({ length: 50 }, (_, index) => body.subarray(0, 12 + Math.floor(((body.length - 13) * index) / 50)));
      const failures = await Promise.all(cuts.map((cut) => failureOf(answer(cut))));
      expect(failures.filter((failure) => failure === "none").length).toBeLessThanOrEqual(1);
    }
    const zeros = gzipSync(new Uint8Array(50_000_000));
    expect(await failureOf(answer(zeros))).not.toContain("EOF");
  });

  it("does not unpack a bomb", async () => {
    const bomb = gzipSync(gzipSync(new Uint8Array(100 * 1024 * 1024)));
    const limits = { ...defaultScrapeLimits, maxAnswerBytes: 64 * 1024 };
    const before = process.memoryUsage.rss();
    const result = await readAnswer(answer(bomb, { "content-encoding": "gzip" }), "cust", limits);
    expect(process.memoryUsage.rss() - before).toBeLessThan(50 * 1024 * 1024);
    expect("failure" in result && result.failure.reason).toBe("invalid");
  });
});
