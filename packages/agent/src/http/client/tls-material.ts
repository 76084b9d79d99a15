import { X509Certificate } from "node:crypto";
import type { SecureContext, SecureVersion } from "node:tls";
import { createSecureContext } from "node:tls";
import { FileWatch, readTrimmedSync } from "../files.ts";
import { checkKeyPair } from "../key-pair.ts";
import { pemCertificates, trustSystemRoots } from "./system-roots.ts";
import type { TlsArguments } from "./tls-arguments.ts";

const versions: Readonly<Record<TlsArguments["min_version"], SecureVersion>> = {
  "": "TLSv1.2",
  TLS10: "TLSv1",
  TLS11: "TLSv1.1",
  TLS12: "TLSv1.2",
  TLS13: "TLSv1.3",
};

/** A secret or certificate given in the configuration or by a file. */
interface Source {
  readonly text: string;
  readonly file: string;
}

/** Certificates, key and rules of a client's TLS connections, read once; {@link reload} reads files that changed. */
export class TlsMaterial {
  readonly context: SecureContext;
  readonly serverName: string;
  readonly verify: boolean;
  readonly #args: TlsArguments;
  readonly #watch: FileWatch;

  /** Throws with the reference's text when a file cannot be read or its content cannot be used. */
  constructor(args: TlsArguments) {
    this.#args = args;
    this.#watch = new FileWatch([args.ca_file, args.cert_file, args.key_file].filter((path) => path !== ""));
    this.serverName = args.server_name;
    this.verify = !args.insecure_skip_verify;
    const minVersion = versions[args.min_version];
    this.context = createSecureContext({
      minVersion,
      ...authorities(args),
      ...clientPair(args),
      // OpenSSL's default security level has no cipher left for the versions before 1.2.
      ...((minVersion === "TLSv1" || minVersion === "TLSv1.1") && { ciphers: "DEFAULT@SECLEVEL=0" }),
    });
  }

  /** The material as the files are now: this one when none of them changed. Throws as the constructor does. */
  reload(): TlsMaterial {
    return this.#watch.changed() ? new TlsMaterial(this.#args) : this;
  }
}

function authorities(args: TlsArguments): { ca?: string[] } {
  if (args.ca_pem === "" && args.ca_file === "") {
    trustSystemRoots();
    return {};
  }
  const source = { text: args.ca_pem, file: args.ca_file };
  const certificates = usableCertificates(fetch(source, "unable to read CA cert"));
  if (certificates.length === 0) throw new Error(`unable to use specified CA cert ${describe(source)}`);
  return { ca: certificates };
}

/** The certificates among the PEM blocks of a text. Others are passed over, as Go does. */
function usableCertificates(text: string): string[] {
  return pemCertificates(text).filter((certificate) => {
    try {
      return new X509Certificate(certificate).serialNumber !== "";
    } catch {
      return false;
    }
  });
}

function clientPair(args: TlsArguments): { cert?: string; key?: string } {
  if (args.cert_pem === "" && args.cert_file === "") return {};
  const certSource = { text: args.cert_pem, file: args.cert_file };
  const keySource = { text: args.key_pem.reveal(), file: args.key_file };
  const cert = fetch(certSource, "unable to read specified client cert");
  const key = fetch(keySource, "unable to read specified client key");
  try {
    checkKeyPair(cert, key);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const what = `unable to use specified client cert (${describe(certSource)}) & key (${describe(keySource)})`;
    throw new Error(`${what}: ${reason}`, { cause: error });
  }
  return { cert, key };
}

function fetch({ text, file }: Source, what: string): string {
  if (file === "") return text;
  try {
    return readTrimmedSync(file);
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function describe({ file }: Source): string {
  return file === "" ? "inline" : `file ${file}`;
}
