import { describe, expect, it } from "vitest";
import { clientArguments } from "../testing/arguments.ts";
import type { Environment } from "./proxy-rules.ts";
import { proxyRules } from "./proxy-rules.ts";

function choose(config: string, url: string, environment: Environment = {}): string | undefined {
  return proxyRules(clientArguments(config), environment)(new URL(url))?.href;
}

describe("proxyRules()", () => {
  it("connects directly when nothing is configured, whatever the environment says", () => {
    expect(choose("", "http://a", { HTTP_PROXY: "http://p" })).toBeUndefined();
  });

  it("proxies everything with proxy_url alone, also loopback", () => {
    expect(choose('proxy_url = "http://p:3128"', "https://a")).toBe("http://p:3128/");
    expect(choose('proxy_url = "http://p:3128"', "http://127.0.0.1:4040")).toBe("http://p:3128/");
  });

  it("spares what no_proxy names, and loopback", () => {
    const config = 'proxy_url = "http://p:3128"\nno_proxy = "10.0.0.0/8,a.example:443"';
    expect(choose(config, "http://10.1.1.1")).toBeUndefined();
    expect(choose(config, "https://a.example")).toBeUndefined();
    expect(choose(config, "http://a.example")).toBe("http://p:3128/");
    expect(choose(config, "http://[::1]:80")).toBeUndefined();
  });

  it("takes the proxy of the scheme from the environment, upper case first", () => {
    const environment = { HTTP_PROXY: "plain:3128", http_proxy: "other", https_proxy: "https://safe", NO_PROXY: "b.example" };
    expect(choose("proxy_from_environment = true", "http://a.example", environment)).toBe("http://plain:3128/");
    expect(choose("proxy_from_environment = true", "https://a.example", environment)).toBe("https://safe/");
    expect(choose("proxy_from_environment = true", "https://b.example", environment)).toBeUndefined();
    expect(choose("proxy_from_environment = true", "http://localhost", environment)).toBeUndefined();
  });

  it("refuses schemes that are none of a proxy", () => {
    expect(() => choose('proxy_url = "ftp://p"', "http://a")).toThrow('unsupported proxy scheme "ftp"');
  });
});
