import { assert, nat, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { formatByteSize, parseByteSize } from "./byte-size.ts";

describe("parseByteSize()", () => {
  it.each([
    ["0", 0],
    ["17", 17],
    ["1KiB", 1024],
    ["1.5 MiB", 1_572_864],
    ["10GB", 10_000_000_000],
    ["2TiB", 2_199_023_255_552],
  ])("%s is %d bytes", (written, bytes) => expect(parseByteSize(written)).toBe(bytes));

  it.each(["", "MiB", "-1B", "1mib", "1 potato", "1e3B", "9999999TiB"])("refuses %j with an example", (written) => {
    expect(() => parseByteSize(written)).toThrow(/is not a size: .*"512MiB"/);
  });

  it("reads what formatByteSize() writes", () => {
    assert(property(nat(), (bytes) => parseByteSize(formatByteSize(bytes)) === bytes));
    expect(formatByteSize(5 * 2 ** 30)).toBe("5GiB");
  });
});
