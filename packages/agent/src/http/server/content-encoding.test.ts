import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeContent, ratioFreeBytes } from "./content-encoding.ts";

const text = "main;work 10\n".repeat(10);
const limits = { maxBytes: 50_000_000 };

describe("decodeContent()", () => {
  it.each([
    [undefined, Buffer.from(text)],
    ["identity", Buffer.from(text)],
    ["gzip", gzipSync(text)],
    [" GZIP ", gzipSync(text)],
    ["x-gzip", gzipSync(text)],
    ["zstd", zstdCompressSync(text)],
  ])("undoes %j", async (encoding, data) => {
    expect(Buffer.from(await decodeContent(encoding, data, limits)).toString()).toBe(text);
  });

  it("undoes large bodies", async () => {
    const noise = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7919 * at) % 251));
    expect(Buffer.from(await decodeContent("gzip", gzipSync(noise), limits)).equals(noise)).toBe(true);
  });

  it("has nothing to undo in an empty body", async () => {
    expect(await decodeContent("gzip", Buffer.alloc(0), limits)).toHaveLength(0);
  });

  it("refuses encodings that it does not know", async () => {
    for (const name of ["br", "constructor"]) {
      await expect(decodeContent(name, Buffer.from("x"), limits)).rejects.toMatchObject({
        code: "unsupported",
        message: `unsupported content encoding "${name}"`,
      });
    }
  });

  it("says what is wrong with damaged data", async () => {
    await expect(decodeContent("gzip", Buffer.from("xx"), limits)).rejects.toMatchObject({
      code: "corrupt",
      message: "gzip: incorrect header check",
    });
    const broken = gzipSync(text).subarray(0, -10);
    await expect(decodeContent("gzip", broken, limits)).rejects.toMatchObject({ code: "corrupt", message: "gzip: unexpected end of file" });
    await expect(decodeContent("zstd", Buffer.from("xx"), limits)).rejects.toMatchObject({ code: "corrupt" });
  });

  it.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ] as const)("stops at the limit of bytes (%s)", async (encoding, compress) => {
    for (const size of [2000, 40_000_000]) {
      const bomb = compress(Buffer.alloc(size));
      await expect(decodeContent(encoding, bomb, { maxBytes: 1999, maxRatio: Infinity })).rejects.toMatchObject({
        code: "too_large",
        message: `${encoding} content unpacks to more than 1999 bytes`,
      });
    }
    expect(await decodeContent(encoding, compress(Buffer.alloc(2000)), { maxBytes: 2000 })).toHaveLength(2000);
  });

  it("stops when far more comes out than went in", async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    await expect(decodeContent("gzip", bomb, { maxBytes: 1e9, maxRatio: 100 })).rejects.toMatchObject({
      code: "too_large",
      message: "gzip content unpacks to an implausible size",
    });
    const small = gzipSync(Buffer.alloc(ratioFreeBytes));
    expect(await decodeContent("gzip", small, { maxBytes: 1e9, maxRatio: 1 })).toHaveLength(ratioFreeBytes);
  });
});
