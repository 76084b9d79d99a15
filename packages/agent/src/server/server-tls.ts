import type { ServerTlsSettings } from "../http/server/arguments.ts";
import { Secret } from "../schema/secret.ts";
import type { HttpTlsArguments } from "./http-block.ts";

/** Curves by the names of the configuration, and how OpenSSL calls them. */
const curves = { CurveP256: "P-256", CurveP384: "P-384", CurveP521: "P-521", X25519: "X25519" };

/** The settings of the `http` block in the form in which servers of components have them. */
export function serverTls(args: HttpTlsArguments): ServerTlsSettings {
  return {
    cert_pem: args.cert_pem,
    cert_file: args.cert_file,
    key_pem: new Secret(args.key_pem.reveal()),
    key_file: args.key_file,
    client_auth_type: args.client_auth_type,
    client_ca: "",
    client_ca_pem: args.client_ca_pem,
    client_ca_file: args.client_ca_file,
    cipher_suites: args.cipher_suites.join(","),
    min_version: versionName(args.min_version),
    max_version: versionName(args.max_version),
    curves: args.curve_preferences.map((name) => curves[name]),
  };
}

function versionName(name: string): string {
  return name === "" ? "" : `Version${name}`;
}

/** Whether a server would behave the same with both. */
export function sameTls(a: ServerTlsSettings | undefined, b: ServerTlsSettings | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && keyOf(a) === keyOf(b));
}

function keyOf({ key_pem: key, ...rest }: ServerTlsSettings): string {
  return JSON.stringify([key.reveal(), ...Object.entries(rest).sort(([a], [b]) => a.localeCompare(b))]);
}
