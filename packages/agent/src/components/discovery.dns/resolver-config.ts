import { readFile } from "node:fs/promises";
import { isIP } from "node:net";

/** What `/etc/resolv.conf` says. */
export interface ResolverConfig {
  /** Addresses, with or without a port: `10.0.0.2`, `[::1]:5353`. */
  readonly servers: readonly string[];
  /** Domains to try names in. */
  readonly search: readonly string[];
  /** A name with so many dots is tried as it is before it is tried in the domains. */
  readonly ndots: number;
}

const path = "/etc/resolv.conf";

/** More dots than this cannot be asked for. */
const maxNdots = 15;

/** The host's configuration as it is now; that of a host without one is a server on the host itself, as in libc. */
export async function systemResolverConfig(): Promise<ResolverConfig> {
  return parseResolverConfig(await readFile(path, "utf8").catch(() => ""));
}

/** See resolv.conf(5): unknown lines and options mean nothing, the last of `search` and `domain` counts. */
export function parseResolverConfig(text: string): ResolverConfig {
  const servers: string[] = [];
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split("\n")) {
    const [keyword, ...words] = line.split(/[ \t\r]+/).filter((word) => word !== "");
    const [first] = words;
    if (keyword === "nameserver" && first !== undefined && isIP(first) !== 0) servers.push(first);
    else if (keyword === "domain" && first !== undefined) search = [first];
    else if (keyword === "search") search = words;
    else if (keyword === "options") ndots = ndotsOf(words) ?? ndots;
  }
  return { servers: servers.length === 0 ? ["127.0.0.1"] : servers, search, ndots };
}

function ndotsOf(options: readonly string[]): number | undefined {
  const found = options.flatMap((option) => /^ndots:(\d+)$/.exec(option)?.[1] ?? []).at(-1);
  return found === undefined ? undefined : Math.min(Number(found), maxNdots);
}

/** The full names to try, in order: that of a name with a final dot is only itself. */
export function candidateNames(name: string, { search, ndots }: ResolverConfig): readonly string[] {
  if (name.endsWith(".")) return [name];
  const dots = name.split(".").length - 1;
  const inDomains = search.map((domain) => (domain === "." ? `${name}.` : `${name}.${domain.replace(/\.$/, "")}.`));
  return dots >= ndots ? [`${name}.`, ...inDomains] : [...inDomains, `${name}.`];
}
