import { describe, expect, it } from "vitest";
import { NoProxy } from "./no-proxy.ts";

describe("NoProxy.matches()", () => {
  it.each([
    // list, host, port, reached directly
    ["", "a.example", "80", false],
    ["*", "a.example", "80", true],
    ["x, *", "10.0.0.1", "80", true],
    ["a.example", "a.example", "80", true],
    ["a.example", "b.a.example", "80", true],
    ["a.example", "ba.example", "80", false],
    [".a.example", "b.a.example", "80", true],
    [".a.example", "a.example", "80", false],
    ["*.a.example", "b.a.example", "80", true],
    ["*.a.example", "a.example", "80", false],
    ["A.Example", "a.example", "80", true],
    ["a.example:8080", "a.example", "8080", true],
    ["a.example:8080", "a.example", "80", false],
    [" a.example , b.example ", "b.example", "443", true],
    ["bücher.example", "xn--bcher-kva.example", "80", true],
    ["10.0.0.0/8", "10.1.2.3", "80", true],
    ["10.0.0.0/8", "11.1.2.3", "80", false],
    ["10.0.0.0/8", "ten.example", "80", false],
    ["192.168.1.7", "192.168.1.7", "80", true],
    ["192.168.1.7", "192.168.1.70", "80", false],
    ["192.168.1.7:81", "192.168.1.7", "80", false],
    ["192.168.1.7:81", "192.168.1.7", "81", true],
    ["fd00::/8", "fd12::1", "80", true],
    ["fe80::1", "fe80::1", "80", true],
    ["fe80::1", "fe80:0:0::1", "80", true],
    ["[fe80::1]:90", "fe80::1", "90", true],
    ["[fe80::1]:90", "fe80::1", "91", false],
    ["10.0.0.0/33", "10.1.2.3", "80", false],
    [":80", "a.example", "80", false],
    // The host itself never needs a proxy.
    ["x", "localhost", "80", true],
    ["x", "127.0.0.1", "80", true],
    ["x", "127.9.9.9", "80", true],
    ["x", "::1", "80", true],
    ["x", "localhost.example", "80", false],
  ])("%j and %s:%s: %s", (list, host, port, direct) => {
    expect(new NoProxy(list).matches(host, port)).toBe(direct);
  });
});
