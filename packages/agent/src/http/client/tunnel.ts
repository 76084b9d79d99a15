import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { request } from "../node-http.ts";
import type { Duplex } from "node:stream";
import { HttpClientError } from "./http-client-error.ts";
import { networkError } from "./network-error.ts";

/** How long a proxy may take to open a tunnel. */
const tunnelTimeoutMs = 60_000;

/**
 * Asks an HTTP proxy at the other end of `connection` for a tunnel to `target` (`host:port`). Rejects with a {@link HttpClientError}, in case of a
 * refusal with the words of the proxy's status; the connection is closed then.
 */
export function openTunnel(connection: Duplex, target: string, headers: OutgoingHttpHeaders): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const fail = (error: HttpClientError): void => {
      clearTimeout(timer);
      connection.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new HttpClientError("timeout", "i/o timeout")), tunnelTimeoutMs);
    const asked = request({ method: "CONNECT", path: target, headers: { host: target, ...headers }, createConnection: () => connection });
    asked.once("error", (error) => fail(networkError(error, target, false)));
    // A proxy that refuses answers like any server.
    asked.once("response", (answer) => fail(refusal(answer)));
    asked.once("connect", (answer, socket, head) => {
      if (answer.statusCode !== 200) {
        fail(refusal(answer));
        return;
      }
      clearTimeout(timer);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asked.end();
  });
}

function refusal({ statusMessage }: IncomingMessage): HttpClientError {
  return new HttpClientError("other", statusMessage || "unknown status code");
}
