export interface HostPort {
  /** Empty for every address of the host. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port` as Go does; an IPv6 address stands in brackets.
 * @throws Error in Go's words.
 */
export function parseListenAddress(text: string): HostPort {
  const match = /^(?:\[(.*)\]|([^:]*)):([^:]*)$/.exec(text);
  if (match === null) throw new Error(`address ${text}: ${text.includes(":") ? "too many colons in address" : "missing port in address"}`);
  const [, bracketed, plain = "", port = ""] = match;
  if (!/^\d+$/.test(port) || Number(port) > 65_535) throw new Error(`address ${text}: invalid port`);
  return { host: bracketed ?? plain, port: Number(port) };
}
