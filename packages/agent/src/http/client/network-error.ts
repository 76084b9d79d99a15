import { codeOf } from "../errno.ts";
import { HttpClientError } from "./http-client-error.ts";
import { MalformedAnswerError } from "./http1/malformed-answer-error.ts";
import { tlsError } from "./tls-error.ts";

/**
 * What broke an established connection, in Go's words. `host` is the peer as `host:port`; `answering`: the head of the answer had arrived.
 */
export function networkError(error: unknown, host: string, answering: boolean): HttpClientError {
  if (error instanceof HttpClientError) return error;
  const code = codeOf(error) ?? "";
  const closed = (reason: string): HttpClientError => new HttpClientError("closed", reason, { cause: error });
  if (code === "ECONNRESET" && isHangUp(error)) return closed("EOF");
  if (code === "ECONNRESET") return closed(`read tcp ${host}: read: connection reset by peer`);
  if (code === "EPIPE") return closed(`write tcp ${host}: write: broken pipe`);
  if (code === "UND_ERR_SOCKET") return closed(answering ? "unexpected EOF" : "EOF");
  if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH") return closed("unexpected EOF");
  if (error instanceof MalformedAnswerError) return closed(`net/http: HTTP/1.x transport connection broken: ${error.message}`);
  if (code.startsWith("HPE_")) return closed("net/http: HTTP/1.x transport connection broken: malformed HTTP response");
  if (code.startsWith("ERR_HTTP2_") || code === "UND_ERR_INFO") return closed(`http2: ${messageOf(error)}`);
  const header = code === "UND_ERR_INVALID_ARG" ? /^invalid (.+) header$/.exec(messageOf(error))?.[1] : undefined;
  if (header !== undefined)
    return new HttpClientError("other", `net/http: invalid header field value for ${JSON.stringify(header)}`, { cause: error });
  return tlsError(error, host) ?? new HttpClientError("other", messageOf(error), { cause: error });
}

/** Node reports a connection that ended during a handshake as a reset. */
function isHangUp(error: unknown): boolean {
  return /disconnected before secure TLS|socket hang up/.test(messageOf(error));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
