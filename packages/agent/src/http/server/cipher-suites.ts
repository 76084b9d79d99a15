/**
 * Cipher suites by the names that Go gives them, which are those of the IANA registry; OpenSSL takes these names too. TLS 1.3 suites are
 * not among them: as in Go they cannot be chosen.
 */
const knownSuites: ReadonlySet<string> = new Set([
  "TLS_RSA_WITH_AES_128_CBC_SHA",
  "TLS_RSA_WITH_AES_256_CBC_SHA",
  "TLS_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
]);

/** Accepted as the TLS 1.3 part of a list: they are always on. */
const alwaysOn: ReadonlySet<string> = new Set(["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]);

/** OpenSSL's cipher string for a comma-separated list of names; undefined for an empty one, which means the defaults. */
export function cipherString(list: string): string | undefined {
  if (list === "") return undefined;
  const suites: string[] = [];
  for (const name of list.split(",").map((item) => item.trim())) {
    if (alwaysOn.has(name)) continue;
    if (!knownSuites.has(name)) throw new Error(`cipher suite ${JSON.stringify(name)} not recognized`);
    suites.push(name);
  }
  return suites.length === 0 ? undefined : [...alwaysOn, ...suites].join(":");
}
