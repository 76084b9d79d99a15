import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";

interface DomainRule {
  /** With a leading dot. */
  readonly suffix: string;
  /** The domain itself counts too. */
  readonly exact: boolean;
  /** Empty: any. */
  readonly port: string;
}

/** Which hosts are reached without a proxy. The rules are those of Go's `golang.org/x/net/http/httpproxy`. */
export class NoProxy {
  #all = false;
  readonly #networks = new BlockList();
  readonly #addresses: { readonly list: BlockList; readonly port: string }[] = [];
  readonly #domains: DomainRule[] = [];

  /**
   * `list` is comma-separated: `*`, an IP address, a CIDR range, a domain (with all below it) or `.domain` (only those below it); addresses and domains
   * may have a port. What cannot be read is ignored.
   */
  constructor(list: string) {
    for (const item of list.split(",").map((part) => part.trim().toLowerCase())) {
      if (item === "*") this.#all = true;
      else if (item !== "" && !this.#addNetwork(item)) this.#addHost(item);
    }
  }

  /** Whether a request goes directly. `host` is without brackets, `port` is the one that is connected to. */
  matches(host: string, port: string): boolean {
    const name = host.toLowerCase().replace(/\.$/, "");
    if (this.#all || name === "localhost") return true;
    const family = isIP(name);
    if (family === 0) return this.#domains.some((rule) => matchesDomain(rule, name, port));
    return (
      isLoopback(name) ||
      contains(this.#networks, name) ||
      this.#addresses.some((rule) => rulePort(rule, port) && contains(rule.list, name))
    );
  }

  #addNetwork(item: string): boolean {
    const [address = "", bits = "", ...more] = item.split("/");
    const family = isIP(address);
    if (more.length > 0 || family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
    this.#networks.addSubnet(address, Number(bits), familyName(family));
    return true;
  }

  #addHost(item: string): void {
    const { host, port } = splitPort(item);
    const family = isIP(host);
    if (family !== 0) {
      const list = new BlockList();
      list.addAddress(host, familyName(family));
      this.#addresses.push({ list, port });
      return;
    }
    const name = host.startsWith("*.") ? host.slice(1) : host;
    const exact = !name.startsWith(".");
    const ascii = domainToASCII(exact ? name : name.slice(1));
    if (ascii !== "") this.#domains.push({ suffix: `.${ascii}`, exact, port });
  }
}

function splitPort(item: string): { readonly host: string; readonly port: string } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(item);
  if (bracketed !== null) return { host: bracketed[1] ?? "", port: bracketed[2] ?? "" };
  const colon = item.indexOf(":");
  // More than one colon: an IPv6 address without brackets.
  return colon < 0 || colon !== item.lastIndexOf(":")
    ? { host: item, port: "" }
    : { host: item.slice(0, colon), port: item.slice(colon + 1) };
}

function matchesDomain({ suffix, exact, port: wanted }: DomainRule, name: string, port: string): boolean {
  return rulePort({ port: wanted }, port) && (name.endsWith(suffix) || (exact && name === suffix.slice(1)));
}

function rulePort({ port: wanted }: { readonly port: string }, port: string): boolean {
  return wanted === "" || wanted === port;
}

function contains(list: BlockList, address: string): boolean {
  return list.check(address, familyName(isIP(address)));
}

function familyName(family: number): "ipv4" | "ipv6" {
  return family === 6 ? "ipv6" : "ipv4";
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

function isLoopback(address: string): boolean {
  return contains(loopback, address);
}
