import { Resolver } from "node:dns/promises";
import { Patience } from "../../http/client/patience.ts";
import { codeOf } from "../../http/errno.ts";
import { candidateNames, type ResolverConfig } from "./resolver-config.ts";

export const recordTypes = ["SRV", "A", "AAAA", "MX", "NS"] as const;

export type RecordType = (typeof recordTypes)[number];

/** What a record names: the address of a host, or a host with a final dot. */
export interface DnsRecord {
  readonly host: string;
  /** Of SRV records. */
  readonly port?: number;
}

/** How long the first attempt of a query to one server may take; the second may take twice as long. */
const queryTimeoutMs = 1000;
const queryTries = 2;
/** How long all queries for one name may take together. */
export const defaultLookupTimeoutMs = 20_000;

/** Answers that mean that there is such a name, but nothing of this type. */
const noData = "ENODATA";
/** Answers that mean that there is no such name. */
const noName = "ENOTFOUND";
/** Nobody waits for the answer any more. */
const canceled = "ECANCELLED";

interface LookupOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * The records of a name, tried in the domains of the search list like libc does; none when no such name exists. Throws when no server could tell for
 * one of these names, and no other had records.
 */
export async function lookup(
  name: string,
  type: RecordType,
  config: ResolverConfig,
  options: LookupOptions,
): Promise<readonly DnsRecord[]> {
  const { signal, timeoutMs = defaultLookupTimeoutMs } = options;
  const resolvers = config.servers.map(createResolver);
  const cancel = (): void => {
    for (const resolver of resolvers) resolver.cancel();
  };
  using patience = new Patience(timeoutMs, signal);
  patience.onEnd = cancel;
  let failure: string | undefined;
  for (const candidate of candidateNames(name, config)) {
    const answer = await askAll(resolvers, candidate, type, patience);
    if (typeof answer !== "string") return answer;
    if (answer !== noName) failure = answer;
  }
  if (failure === undefined) return [];
  throw new Error(`could not resolve ${JSON.stringify(name)}: ${reasons.get(failure) ?? failure}`);
}

/** One for each lookup and server: canceling concerns no other lookup, nothing is answered from a cache, and it is us who decide which answer counts. */
function createResolver(server: string): Resolver {
  const resolver = new Resolver({ timeout: queryTimeoutMs, tries: queryTries });
  resolver.setServers([server]);
  return resolver;
}

/** What the first server says that knows something about the name; the code of the last failure when none does. */
async function askAll(
  resolvers: readonly Resolver[],
  name: string,
  type: RecordType,
  patience: Patience,
): Promise<readonly DnsRecord[] | string> {
  let answer: readonly DnsRecord[] | string = canceled;
  for (const resolver of resolvers) {
    if (patience.failure !== undefined) return canceled;
    answer = await query(resolver, name, type);
    if (typeof answer !== "string" || answer === noName) return answer;
  }
  return answer;
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["ESERVFAIL", "the servers failed to answer"],
  ["EREFUSED", "the servers refused to answer"],
  ["ETIMEOUT", "the servers did not answer in time"],
  [canceled, "the servers did not answer in time"],
  ["ECONNREFUSED", "no server listens"],
  ["EBADNAME", "it is no domain name"],
  ["EBADRESP", "a server's answer cannot be read"],
]);

/** The records, or the code of the failure. */
async function query(resolver: Resolver, name: string, type: RecordType): Promise<readonly DnsRecord[] | string> {
  try {
    return await queries[type](resolver, name);
  } catch (error) {
    const code = codeOf(error) ?? String(error);
    return code === noData ? [] : code;
  }
}

const queries: Readonly<Record<RecordType, (resolver: Resolver, name: string) => Promise<readonly DnsRecord[]>>> = {
  A: async (resolver, name) => (await resolver.resolve4(name)).map((host) => ({ host })),
  AAAA: async (resolver, name) => (await resolver.resolve6(name)).map((host) => ({ host })),
  SRV: async (resolver, name) => (await resolver.resolveSrv(name)).map((record) => ({ host: `${record.name}.`, port: record.port })),
  MX: async (resolver, name) => (await resolver.resolveMx(name)).map(({ exchange }) => ({ host: `${exchange}.` })),
  NS: async (resolver, name) => (await resolver.resolveNs(name)).map((server) => ({ host: `${server}.` })),
};
