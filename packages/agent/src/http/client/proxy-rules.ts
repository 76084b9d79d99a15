import { NoProxy } from "./no-proxy.ts";
import type { ProxyArguments } from "./proxy-arguments.ts";
import { parseUrl } from "./request-url.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Chooses the proxy of a request by its URL; undefined for a direct connection. */
export type ProxyRules = (url: URL) => URL | undefined;

/**
 * The rules that the settings mean. With `proxy_url` alone every request is proxied, also those to the host itself; with `no_proxy` beside it and with
 * proxies from the environment the host itself never is.
 */
export function proxyRules(args: ProxyArguments, environment: Environment = process.env): ProxyRules {
  if (args.proxy_from_environment) return environmentRules(environment);
  if (args.proxy_url === "") return () => undefined;
  const proxy = usableProxy(args.proxy_url);
  if (args.no_proxy === "") return () => proxy;
  const exceptions = new NoProxy(args.no_proxy);
  return (url) => (excepted(exceptions, url) ? undefined : proxy);
}

function environmentRules(environment: Environment): ProxyRules {
  const variable = (name: string): string => environment[name] || environment[name.toLowerCase()] || "";
  const proxyOf = (name: string): URL | undefined => {
    const value = variable(name);
    if (value === "") return undefined;
    return usableProxy(value.includes("://") ? value : `http://${value}`);
  };
  const proxies = { "http:": proxyOf("HTTP_PROXY"), "https:": proxyOf("HTTPS_PROXY") };
  const exceptions = new NoProxy(variable("NO_PROXY"));
  return (url) => {
    const proxy = url.protocol === "https:" ? proxies["https:"] : proxies["http:"];
    return proxy === undefined || excepted(exceptions, url) ? undefined : proxy;
  };
}

function usableProxy(text: string): URL {
  const url = parseUrl(text);
  if (!/^(https?|socks5h?):$/.test(url.protocol)) throw new Error(`unsupported proxy scheme ${JSON.stringify(url.protocol.slice(0, -1))}`);
  return url;
}

function excepted(exceptions: NoProxy, url: URL): boolean {
  return exceptions.matches(hostOf(url), portOf(url));
}

/** The host without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

const defaultPorts: Readonly<Record<string, string>> = { "http:": "80", "https:": "443", "socks5:": "1080", "socks5h:": "1080" };

/** The port that is connected to. */
export function portOf(url: URL): string {
  return url.port === "" ? (defaultPorts[url.protocol] ?? "") : url.port;
}

/** The value of `Proxy-Authorization` for a proxy whose URL has a user. */
export function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === "" && proxy.password === "") return undefined;
  const user = decodeURIComponent(proxy.username);
  return `Basic ${Buffer.from(`${user}:${decodeURIComponent(proxy.password)}`).toString("base64")}`;
}
