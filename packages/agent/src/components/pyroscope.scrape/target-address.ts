/** The default port of a scheme, undefined for schemes that cannot be scraped. */
function defaultPort(scheme: string): string | undefined {
  if (scheme === "" || scheme === "http") return "80";
  return scheme === "https" ? "443" : undefined;
}

/** An address that can be asked, or why it cannot. */
export type ResolvedAddress = { readonly address: string } | { readonly problem: string };

/**
 * Completes `host` to `host:port` with the scheme's default port. IPv6 addresses are written in brackets. What a host and port is follows Go's
 * net.SplitHostPort, as in Prometheus' rules for targets.
 */
export function resolveAddress(address: string, scheme: string): ResolvedAddress {
  if (address === "") return { problem: "no address" };
  const port = defaultPort(scheme);
  if (port === undefined) return { problem: `invalid scheme: ${JSON.stringify(scheme)}` };
  const complete = !hasPort(address) && hasPort(`${address}:0`) ? `${address}:${port}` : address;
  if (complete.includes("/") || !isAuthority(complete)) return { problem: `${JSON.stringify(complete)} is not a valid hostname` };
  return { address: complete };
}

/** Whether the text is `host:port` (either part may be empty): a single colon, or brackets around a host with colons. */
function hasPort(address: string): boolean {
  const colon = address.lastIndexOf(":");
  if (colon < 0) return false;
  if (!address.startsWith("[")) return !/[:[\]]/.test(address.slice(0, colon)) && !/[[\]]/.test(address.slice(colon));
  const end = address.indexOf("]");
  return end + 1 === colon && !address.slice(1, end).includes("[") && !/[[\]]/.test(address.slice(colon));
}

/** Whether a URL can be built with this host and port. */
function isAuthority(address: string): boolean {
  return !/[?#@\\\s]/.test(address) && URL.canParse(`http://${address}/`);
}
