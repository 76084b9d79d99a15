import { join } from "node:path";
import { freePort } from "./flameline.ts";
import { partsFolder } from "./real-parts.ts";
import { RealProcess } from "./real-process.ts";

/** What the server says of a token (RFC 7662). */
export interface Introspection {
  readonly active: boolean;
  readonly client_id?: string;
  readonly scope?: string;
}

export interface OidcServerOptions {
  /** How long a token is valid. */
  readonly ttlSeconds?: number;
  /** A free one by default. */
  readonly port?: number;
}

/** A real OAuth2 server; its clients are `with basic` and `with-post`, which show their secret in a header and in the form. */
export class OidcServer implements AsyncDisposable {
  /** Of both clients. Has characters that must be escaped on the way. */
  static readonly secret = "s3cr3t:/+%&= x";

  readonly port: number;
  readonly #process: RealProcess;

  private constructor(port: number, started: RealProcess) {
    this.port = port;
    this.#process = started;
  }

  static async start({ ttlSeconds = 3600, port }: OidcServerOptions = {}): Promise<OidcServer> {
    const own = port ?? (await freePort());
    const env = { PARTS: partsFolder, PORT: String(own), SECRET: OidcServer.secret, TTL: String(ttlSeconds) };
    const program = join(import.meta.dirname, "oidc-server.mjs");
    return new OidcServer(own, await RealProcess.start(process.execPath, [program], { env, port: own }));
  }

  get tokenUrl(): string {
    return `http://127.0.0.1:${this.port}/token`;
  }

  async introspect(token: string): Promise<Introspection> {
    const body = new URLSearchParams({ token, client_id: "with-post", client_secret: OidcServer.secret });
    const answer = await fetch(`${this.tokenUrl}/introspection`, { method: "POST", body });
    return (await answer.json()) as Introspection;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
