import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

/** Where Linux distributions keep all trusted certificates in one file; `SSL_CERT_FILE` replaces them, as for Go and OpenSSL. */
const bundleFiles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

let trusted = false;

/**
 * Adds the certificates that the host trusts to those that come with Node: an operator who installs a company's own authority on the host expects it to
 * count. Done once for the process, because each further store would cost megabytes.
 */
export function trustSystemRoots(): void {
  if (trusted) return;
  trusted = true;
  const bundled = getCACertificates("default");
  const known = new Set(bundled.map(contentOf));
  const added = systemRoots().filter((certificate) => !known.has(contentOf(certificate)));
  if (added.length > 0) setDefaultCACertificates([...bundled, ...added]);
}

function systemRoots(): readonly string[] {
  if (process.platform !== "linux") return getCACertificates("system");
  const own = process.env["SSL_CERT_FILE"] ?? "";
  for (const file of own === "" ? bundleFiles : [own]) {
    try {
      return pemCertificates(readFileSync(file, "utf8"));
    } catch {
      // Every distribution has only one or two of these files.
    }
  }
  return [];
}

/** The certificates of a PEM text, one text each. */
export function pemCertificates(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** Line lengths differ between those who write PEM. */
function contentOf(certificate: string): string {
  return certificate.replaceAll(/\s+/g, "");
}
