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
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
    return make("first record does not look like a TLS handshake");
  }
  const alert = /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13)_ALERT_(\w+)$/.exec(code)?.[1];
  if (alert !== undefined)
    return new HttpClientError("tls", `remote error: tls: ${alert.toLowerCase().replaceAll("_", " ")}`, { cause: error });
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_") || code.startsWith("CERT_") || code === "EPROTO")
    return make(reasonOf(error));
  return undefined;
}

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

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "reason" in error && typeof error.reason === "string" ? error.reason : error.message;
}
