import { describe, expect, it } from "vitest";
import { resolveAddress } from "./target-address.ts";

describe("resolveAddress()", () => {
  it.each([
    ["localhost:9090", "http", "localhost:9090"],
    ["localhost", "http", "localhost:80"],
    ["localhost", "", "localhost:80"],
    ["localhost", "https", "localhost:443"],
    ["10.0.0.1", "https", "10.0.0.1:443"],
    ["[::1]:6060", "http", "[::1]:6060"],
    ["[::1]", "http", "[::1]:80"],
  ])("%s with scheme %j is %s", (address, scheme, expected) => {
    expect(resolveAddress(address, scheme)).toEqual({ address: expected });
  });

  it.each([
    ["", "http", "no address"],
    ["localhost", "ftp", 'invalid scheme: "ftp"'],
    ["localhost:21", "ftp", 'invalid scheme: "ftp"'],
    ["host/path", "http", '"host/path:80" is not a valid hostname'],
    ["host:80/path", "http", '"host:80/path" is not a valid hostname'],
    ["::1", "http", '"::1" is not a valid hostname'],
    ["[::1", "http", '"[::1" is not a valid hostname'],
    ["a b", "http", '"a b:80" is not a valid hostname'],
    ["user@host", "http", '"user@host:80" is not a valid hostname'],
    ["host:port", "http", '"host:port" is not a valid hostname'],
  ])("%j with scheme %j is refused", (address, scheme, problem) => {
    expect(resolveAddress(address, scheme)).toEqual({ problem });
  });
});
