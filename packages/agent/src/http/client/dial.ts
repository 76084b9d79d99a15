import type { Socket } from "node:net";
import { connect } from "node:net";
import { codeOf, systemMessage } from "../errno.ts";
import { joinHostPort } from "../server/listen-error.ts";
import type { DialerMetrics } from "./dialer-metrics.ts";
import { HttpClientError } from "./http-client-error.ts";

/** How long a TCP connection may take; name resolution counts. */
const dialTimeoutMs = 10_000;

/** Idle time after which the system asks whether the peer is still there. */
const keepAliveDelayMs = 15_000;

/** Where to connect to: a host, or a socket of the local system. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string };

/** Opens a connection. Rejects with a {@link HttpClientError}, also when `signal` aborts before it is open. */
export function dial(place: Place, metrics: DialerMetrics | undefined, signal: AbortSignal): Promise<Socket> {
  metrics?.attempted.inc();
  return new Promise((resolve, reject) => {
    const socket = connect({ ...place, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveDelayMs });
    // A connection that breaks between two of its keepers must not end the program.
    socket.on("error", ignore);
    const settle = (): void => {
      clearTimeout(timer);
      socket.off("error", broken);
      signal.removeEventListener("abort", abandoned);
    };
    const fail = (error: HttpClientError): void => {
      settle();
      metrics?.failed(error.code);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new HttpClientError("timeout", `${dialing(place)}: i/o timeout`)), dialTimeoutMs);
    const broken = (error: Error): void => fail(dialError(place, error));
    const abandoned = (): void => fail(new HttpClientError("canceled", "context canceled"));
    socket.once("error", broken);
    signal.addEventListener("abort", abandoned);
    if (signal.aborted) abandoned();
    socket.once("connect", () => {
      settle();
      metrics?.established.inc();
      socket.once("close", () => metrics?.closed.inc());
      resolve(socket);
    });
  });
}

function ignore(): void {}

/** As Go names what failed. */
function dialing(place: Place): string {
  return "path" in place ? `dial unix ${place.path}` : `dial tcp ${joinHostPort(place.host, place.port)}`;
}

function dialError(place: Place, error: Error): HttpClientError {
  // Several addresses were tried: the first one is the one that Go names.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = codeOf(first);
  if ("host" in place && code === "ENOTFOUND") {
    return new HttpClientError("dns", `dial tcp: lookup ${place.host}: no such host`, { cause: error });
  }
  if ("host" in place && code === "EAI_AGAIN") return new HttpClientError("dns", `getaddrinfo EAI_AGAIN ${place.host}`, { cause: error });
  const tried = "host" in place && first instanceof Error && "address" in first && typeof first.address === "string";
  const reason = `${dialing(tried ? { host: String(first.address), port: place.port } : place)}: connect: ${systemMessage(first)}`;
  return new HttpClientError(code === "ECONNREFUSED" ? "refused" : code === "ETIMEDOUT" ? "timeout" : "other", reason, { cause: error });
}
