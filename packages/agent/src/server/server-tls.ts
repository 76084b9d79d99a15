import type { ServerTlsArguments } from "../http/server/arguments.ts";
import { Secret } from "../schema/secret.ts";
import type { HttpTlsArguments } from "./http-block.ts";

/** The settings of the `http` block in the form in which servers of components have them. */
export function serverTls(args: HttpTlsArguments): ServerTlsArguments {
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
    min_version: args.min_version === "" ? "" : `Version${args.min_version}`,
  };
}

/** Whether a server would behave the same with both. */
export function sameTls(a: ServerTlsArguments | undefined, b: ServerTlsArguments | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && keyOf(a) === keyOf(b));
}

function keyOf({ key_pem: key, ...rest }: ServerTlsArguments): string {
  return JSON.stringify([key.reveal(), ...Object.entries(rest).sort(([a], [b]) => a.localeCompare(b))]);
}
