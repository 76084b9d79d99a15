import type { OutgoingHttpHeaders } from "node:http";
import { request } from "node:http";
import type { Duplex } from "node:stream";
import { HttpClientError } from "./http-client-error.ts";
import { networkError } from "./network-error.ts";

/** How long a proxy may take to open a tunnel. */
export const tunnelTimeoutMs = 60_000;

/**
 * Asks an HTTP proxy at the other end of `connection` for a tunnel to `target` (`host:port`). Rejects with a {@link HttpClientError}, in case of a
 * refusal with the words of the proxy's status; the connection is closed then.
 */
export function openTunnel(connection: Duplex, target: string, headers: OutgoingHttpHeaders): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const fail = (error: HttpClientError): void => {
      connection.destroy();
      reject(error);
    };
    const asked = request({
      method: "CONNECT",
      path: target,
      headers: { host: target, ...headers },
      createConnection: () => connection,
      agent: false,
    });
    asked.setTimeout(tunnelTimeoutMs, () => fail(new HttpClientError("timeout", "i/o timeout")));
    asked.once("error", (error) => fail(networkError(error, target, false)));
    // A proxy that refuses answers like any server.
    asked.once("response", ({ statusMessage }) => fail(new HttpClientError("other", statusMessage || "unknown status code")));
    asked.once("connect", ({ statusCode, statusMessage }, socket, head) => {
      if (statusCode !== 200) {
        fail(new HttpClientError("other", statusMessage || "unknown status code"));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asked.end();
  });
}
