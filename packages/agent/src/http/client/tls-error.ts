import type { PeerCertificate } from "node:tls";
import { isIP } from "node:net";
import { codeOf } from "../errno.ts";
import { HttpClientError } from "./http-client-error.ts";

/** OpenSSL's ways to say that no trusted certificate signed the server's. */
const unknownAuthority: ReadonlySet<string> = new Set([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_UNTRUSTED",
  "CERT_SIGNATURE_FAILURE",
  "INVALID_CA",
]);

const outOfDate: ReadonlySet<string> = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);

/** A failed handshake in Go's words; undefined for an error that is not about TLS. `host` is the name that was expected. */
export function tlsError(error: unknown, host: string): HttpClientError | undefined {
  const code = codeOf(error) ?? "";
  const make = (reason: string): HttpClientError => new HttpClientError("tls", `tls: ${reason}`, { cause: error });
  const unverified = (reason: string): HttpClientError => make(`failed to verify certificate: x509: ${reason}`);
  if (unknownAuthority.has(code)) return unverified("certificate signed by unknown authority");
  if (outOfDate.has(code)) return unverified("certificate has expired or is not yet valid");
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return unverified(nameMismatch(error, host));
  if (!/^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|EPROTO$)/.test(code)) return undefined;
  const reason = opensslReason(error);
  if (reason === "wrong version number" || reason === "packet length too long")
    return make("first record does not look like a TLS handshake");
  const alert = /^(?:sslv3|tlsv1|tlsv13) alert (.+)$/.exec(reason)?.[1];
  return alert === undefined
    ? make(reason)
    : new HttpClientError("tls", `remote error: tls: ${alertWords.get(alert) ?? alert}`, { cause: error });
}

/** Go's words for the alerts of RFC 8446, 6.2, by those of OpenSSL, where they differ. */
const alertWords: ReadonlyMap<string, string> = new Map([
  ["bad record mac", "bad record MAC"],
  ["certificate expired", "expired certificate"],
  ["certificate revoked", "revoked certificate"],
  ["certificate unknown", "unknown certificate"],
  ["decode error", "error decoding message"],
  ["decrypt error", "error decrypting message"],
  ["insufficient security", "insufficient security level"],
  ["protocol version", "protocol version not supported"],
  ["unknown ca", "unknown certificate authority"],
]);

function nameMismatch(error: unknown, host: string): string {
  const wanted = isIP(host) === 0 ? "DNS" : "IP Address";
  const names = alternativeNames(error).filter(({ kind }) => kind === wanted);
  if (names.length > 0) return `certificate is valid for ${names.map(({ name }) => name).join(", ")}, not ${host}`;
  if (isIP(host) !== 0) return `cannot validate certificate for ${host} because it doesn't contain any IP SANs`;
  return `certificate is not valid for any names, but wanted to match ${host}`;
}

function alternativeNames(error: unknown): readonly { readonly kind: string; readonly name: string }[] {
  const { subjectaltname = "" } = (error as { readonly cert?: Partial<PeerCertificate> }).cert ?? {};
  return Array.from(subjectaltname.matchAll(/(DNS|IP Address):([^,]+)/g), ([, kind = "", name = ""]) => ({ kind, name: name.trim() }));
}

/** OpenSSL's words, e.g. `wrong version number`, which Node buries in a longer message when a write failed. */
function opensslReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("reason" in error && typeof error.reason === "string") return error.reason;
  return /:SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1] ?? error.message;
}
