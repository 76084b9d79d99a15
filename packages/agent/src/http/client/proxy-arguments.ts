import type { Infer } from "../../schema/fields.ts";
import { attr } from "../../schema/fields.ts";
import { bool } from "../../schema/types/bool.ts";
import { list } from "../../schema/types/list.ts";
import { map } from "../../schema/types/map.ts";
import { secret } from "../../schema/types/secrets.ts";
import { string } from "../../schema/types/string.ts";
import { url } from "./url-type.ts";

export const proxyFields = {
  proxy_url: attr(url, { doc: "Proxy that requests go through: `http`, `https` or `socks5`." }),
  no_proxy: attr(string, {
    doc: "Comma-separated hosts, `.suffixes`, IP addresses and CIDR ranges, each with an optional port, that are reached without the proxy.",
  }),
  proxy_from_environment: attr(bool, { doc: "Take the proxies from the environment: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`." }),
  proxy_connect_header: attr(map(list(secret)), { doc: "Headers for the proxy, sent when a tunnel is opened." }),
};

export type ProxyArguments = Infer<typeof proxyFields>;

export function validateProxy(args: ProxyArguments): string | undefined {
  const { proxy_url: proxyUrl, no_proxy: noProxy, proxy_from_environment: fromEnvironment } = args;
  if (args.proxy_connect_header.size > 0 && !fromEnvironment && proxyUrl === "") {
    return "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured";
  }
  if (fromEnvironment && proxyUrl !== "") return "if proxy_from_environment is configured, proxy_url must not be configured";
  if (fromEnvironment && noProxy !== "") return "if proxy_from_environment is configured, no_proxy must not be configured";
  if (proxyUrl === "" && noProxy !== "") return "if no_proxy is configured, proxy_url must also be configured";
  return undefined;
}
