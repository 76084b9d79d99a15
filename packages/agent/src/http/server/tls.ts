import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { SecureContextOptions, SecureVersion, Server, TLSSocket, TlsOptions } from "node:tls";
import { createServer } from "node:tls";
import { systemMessage } from "../errno.ts";
import { FileWatch } from "../files.ts";
import { checkKeyPair } from "../key-pair.ts";
import type { ServerTlsSettings } from "./arguments.ts";
import { cipherString } from "./cipher-suites.ts";

/** How long a client may take to shake hands. */
const handshakeTimeoutMs = 10_000;

const versions: ReadonlyMap<string, SecureVersion> = new Map([
  ["VersionTLS10", "TLSv1"],
  ["VersionTLS11", "TLSv1.1"],
  ["VersionTLS12", "TLSv1.2"],
  ["VersionTLS13", "TLSv1.3"],
]);

/** What is asked of a client and what is done with its certificate. */
interface ClientAuth {
  readonly request: boolean;
  readonly require: boolean;
  readonly verify: boolean;
}

const clientAuths: ReadonlyMap<string, ClientAuth> = new Map([
  ["", { request: false, require: false, verify: false }],
  ["NoClientCert", { request: false, require: false, verify: false }],
  ["RequestClientCert", { request: true, require: false, verify: false }],
  ["RequireAnyClientCert", { request: true, require: true, verify: false }],
  ["RequireClientCert", { request: true, require: true, verify: false }],
  ["VerifyClientCertIfGiven", { request: true, require: false, verify: true }],
  ["RequireAndVerifyClientCert", { request: true, require: true, verify: true }],
]);

/** Makes raw connections safe ones. Certificate and key files are read again when they change; the client CA file is read once. */
export class TlsSide {
  readonly #args: ServerTlsSettings;
  readonly #auth: ClientAuth;
  readonly #fixed: SecureContextOptions;
  readonly #watch: FileWatch;
  readonly #server: Server;

  private constructor(args: ServerTlsSettings, accepted: (socket: TLSSocket) => void) {
    this.#args = args;
    this.#auth = clientAuthOf(args);
    this.#fixed = fixedOptions(args);
    this.#watch = new FileWatch([args.cert_file, args.key_file].filter((path) => path !== ""));
    const options: TlsOptions = {
      ...this.#fixed,
      ...this.#pair(),
      ALPNProtocols: ["h2", "http/1.1"],
      handshakeTimeout: handshakeTimeoutMs,
      requestCert: this.#auth.request,
      rejectUnauthorized: this.#auth.require && this.#auth.verify,
    };
    this.#server = createServer(options, (socket) => {
      if (this.#authorized(socket)) accepted(socket);
      else socket.destroy();
    });
  }

  /**
   * `accepted` gets the connections that shook hands and satisfy the client authentication. Undefined when no certificate is configured; throws with
   * the reference's text when the settings or the certificates cannot be used.
   */
  static create(args: ServerTlsSettings, accepted: (socket: TLSSocket) => void): TlsSide | undefined {
    return args.cert_pem === "" && args.cert_file === "" ? undefined : new TlsSide(args, accepted);
  }

  /** Takes a raw connection. Files that changed to something that cannot be used are reported and leave the old certificate in force. */
  serve(socket: Socket, failed: (error: Error) => void = () => {}): void {
    try {
      if (this.#watch.changed()) this.#server.setSecureContext({ ...this.#fixed, ...this.#pair() });
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)));
    }
    socket.allowHalfOpen = false;
    this.#server.emit("connection", socket);
  }

  #authorized(socket: TLSSocket): boolean {
    if (!this.#auth.request) return true;
    const given = socket.getPeerX509Certificate() !== undefined;
    if (!given) return !this.#auth.require;
    return !this.#auth.verify || socket.authorized;
  }

  #pair(): { cert: string; key: string } {
    const { cert_file: certFile, key_file: keyFile, cert_pem: certPem, key_pem: keyPem } = this.#args;
    try {
      const cert = certFile === "" ? certPem : read(certFile);
      const key = keyFile === "" ? keyPem.reveal() : read(keyFile);
      checkKeyPair(cert, key);
      return { cert, key };
    } catch (error) {
      throw new Error(`failed to load X509KeyPair: ${systemMessage(error)}`, { cause: error });
    }
  }
}

function clientAuthOf({ client_auth_type: type, ...args }: ServerTlsSettings): ClientAuth {
  const auth = clientAuths.get(type);
  if (auth === undefined) throw new Error(`invalid ClientAuth: ${type}`);
  if (!auth.request && [args.client_ca, args.client_ca_pem, args.client_ca_file].some((text) => text !== "")) {
    throw new Error("client CA's have been configured without a Client Auth Policy");
  }
  return auth;
}

function fixedOptions(args: ServerTlsSettings): SecureContextOptions {
  const minVersion = versionOf(args.min_version) ?? "TLSv1.2";
  const maxVersion = versionOf(args.max_version ?? "");
  const suites = cipherString(args.cipher_suites);
  const authorities = args.client_ca_file === "" ? args.client_ca || args.client_ca_pem : read(args.client_ca_file);
  // OpenSSL's default security level has no cipher left for the versions before 1.2.
  const ciphers = minVersion === "TLSv1" || minVersion === "TLSv1.1" ? `${suites ?? "DEFAULT"}:@SECLEVEL=0` : suites;
  return {
    minVersion,
    ...(maxVersion !== undefined && { maxVersion }),
    ...(args.curves !== undefined && args.curves.length > 0 && { ecdhCurve: args.curves.join(":") }),
    ...(ciphers !== undefined && { ciphers }),
    ...(authorities !== "" && { ca: authorities }),
  };
}

/** Undefined when none is named. */
function versionOf(name: string): SecureVersion | undefined {
  const version = versions.get(name);
  if (version === undefined && name !== "") throw new Error(`TLS version ${JSON.stringify(name)} not recognized`);
  return version;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`open ${path}: ${systemMessage(error)}`, { cause: error });
  }
}
