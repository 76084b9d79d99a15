interface Claim {
  readonly owner: string;
  readonly host: string;
  readonly port: number;
}

/** Where profiles leave this program. */
export interface OwnEndpoint {
  readonly owner: string;
  /** Without user, password and query. */
  readonly url: string;
}

/**
 * Where this program itself receives profiles and where it sends them: an endpoint that is the program's own receiver would send profiles round in circles.
 * Receivers and endpoints are built in any order, so whichever comes second is refused.
 */
export class OwnAddresses {
  readonly #receivers = new Set<Claim>();
  readonly #endpoints = new Set<Claim & OwnEndpoint>();

  /** In the order in which they were claimed. */
  get endpoints(): readonly OwnEndpoint[] {
    return [...this.#endpoints];
  }

  /** Notes a receiver's address. Throws when an endpoint leads there. The returned function takes the note back. */
  claimReceiver(owner: string, host: string, port: number): () => void {
    const claim = { owner, host, port };
    for (const endpoint of this.#endpoints) refuseCircle(endpoint, claim);
    return note(this.#receivers, claim);
  }

  /** Which components receive at a port, whatever the address. */
  receiversAt(port: number): readonly string[] {
    return [...this.#receivers].filter((claim) => claim.port === port).map(({ owner }) => owner);
  }

  /** Notes an endpoint's URL; one that cannot be parsed leads nowhere. Throws when it leads to a receiver of this program. */
  claimEndpoint(owner: string, url: string): () => void {
    if (!URL.canParse(url)) return () => undefined;
    const { hostname, port, protocol, origin, pathname } = new URL(url);
    const claim = {
      owner,
      host: hostname,
      port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
      url: origin + (pathname === "/" ? "" : pathname),
    };
    for (const receiver of this.#receivers) refuseCircle(claim, receiver);
    return note(this.#endpoints, claim);
  }
}

function note<T extends Claim>(claims: Set<T>, claim: T): () => void {
  claims.add(claim);
  return () => claims.delete(claim);
}

function refuseCircle(endpoint: Claim, receiver: Claim): void {
  if (endpoint.port !== receiver.port || !sameHost(endpoint.host, receiver.host)) return;
  throw new Error(
    `the endpoint of ${endpoint.owner} is this program's own receiver ${receiver.owner} (port ${receiver.port}): profiles would go round in circles; ` +
      "send them to the address of the Pyroscope server, or receive at another port",
  );
}

const everywhere = new Set(["", "0.0.0.0", "::", "[::]"]);

function sameHost(endpoint: string, listening: string): boolean {
  if (isLoopback(endpoint)) return everywhere.has(listening) || isLoopback(listening);
  return endpoint === listening;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || host.startsWith("127.");
}
