import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { md5 } from "./md5.ts";

describe("md5", () => {
  // RFC 1321, appendix A.5.
  it.each([
    ["", "d41d8cd98f00b204e9800998ecf8427e"],
    ["a", "0cc175b9c0f1b6a831c399e269772661"],
    ["message digest", "f96b697d7cb7938d525a2f31aaf161d0"],
    ["12345678901234567890123456789012345678901234567890123456789012345678901234567890", "57edf4a22be3c955ac49da2e2107b67a"],
  ])("of %j", (text, digest) => expect(hex(new TextEncoder().encode(text))).toBe(digest));

  it("agrees with another implementation", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(hex(bytes)).toBe(createHash("md5").update(bytes).digest("hex"));
      }),
    );
  });
});

function hex(message: Uint8Array): string {
  return Buffer.from(md5(message).buffer).toString("hex");
}
