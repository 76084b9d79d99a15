import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { checkServerIdentity, connect } from "node:tls";
import { isIP } from "node:net";
import { HttpClientError } from "./http-client-error.ts";
import { networkError } from "./network-error.ts";
import { tlsError } from "./tls-error.ts";
import type { TlsMaterial } from "./tls-material.ts";

/** How long a TLS handshake may take. */
const handshakeTimeoutMs = 10_000;

/** Makes a connection to `host` safe. `protocols` are offered by ALPN. Rejects with a {@link HttpClientError}; the connection is closed then. */
export function shakeHands(connection: Duplex, host: string, material: TlsMaterial, protocols: readonly string[]): Promise<TLSSocket> {
  const name = material.serverName === "" ? host : material.serverName;
  return new Promise((resolve, reject) => {
    const socket = connect({
      socket: connection,
      secureContext: material.context,
      // RFC 6066 has no server name indication for addresses.
      servername: isIP(name) === 0 ? name : "",
      rejectUnauthorized: material.verify,
      checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
      ALPNProtocols: [...protocols],
    });
    const fail = (error: HttpClientError): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new HttpClientError("timeout", "net/http: TLS handshake timeout")), handshakeTimeoutMs);
    const broken = (error: Error): void => fail(tlsError(error, name) ?? networkError(error, host, false));
    socket.once("error", broken);
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      socket.off("error", broken);
      resolve(socket);
    });
  });
}
