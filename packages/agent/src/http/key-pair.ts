import { createSecureContext } from "node:tls";
import { codeOf } from "./errno.ts";

/** Throws, in Go's words, when certificate and key (both PEM) do not make a usable pair. */
export function checkKeyPair(certificate: string, key: string): void {
  if (!certificate.includes("-----BEGIN CERTIFICATE-----")) throw new Error("tls: failed to find any PEM data in certificate input");
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) throw new Error("tls: failed to find any PEM data in key input");
  try {
    createSecureContext({ cert: certificate, key });
  } catch (error) {
    if (codeOf(error) === "ERR_OSSL_X509_KEY_VALUES_MISMATCH")
      throw new Error("tls: private key does not match public key", { cause: error });
    throw new Error(`tls: failed to parse certificate or private key: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "reason" in error && typeof error.reason === "string" ? error.reason : error.message;
}
