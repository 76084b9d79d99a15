import { describe, expect, it } from "vitest";
import { checkEncoding } from "./encoding.ts";

describe("checkEncoding", () => {
  it.each([
    ["text", [0x61, 0xc3, 0xa9], undefined],
    ["nothing", [], undefined],
    ["a UTF-8 mark", [0xef, 0xbb, 0xbf, 0x61], undefined],
    ["little-endian UTF-16", [0xff, 0xfe, 0x61, 0x00], "configuration is encoded with UTF16LittleEndian but must be utf8"],
    ["big-endian UTF-16", [0xfe, 0xff, 0x00, 0x61], "configuration is encoded with UTF16BigEndian but must be utf8"],
    ["little-endian UTF-32", [0xff, 0xfe, 0x00, 0x00], "configuration is encoded with UTF32LittleEndian but must be utf8"],
    ["big-endian UTF-32", [0x00, 0x00, 0xfe, 0xff], "configuration is encoded with UTF32BigEndian but must be utf8"],
    ["Latin-1", [0x61, 0xe9], "unknown encoding for config"],
  ])("knows %s", (_, bytes, expected) => {
    expect(checkEncoding(Uint8Array.from(bytes))).toBe(expected);
  });
});
