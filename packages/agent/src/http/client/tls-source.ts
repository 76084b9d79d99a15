import type { TlsArguments } from "./tls-arguments.ts";
import { TlsMaterial } from "./tls-material.ts";

/** The TLS material of a client: read at once when the settings name certificates, so that mistakes show early, otherwise when it is needed first. */
export class TlsSource {
  readonly #args: TlsArguments;
  #material: TlsMaterial | undefined;

  /** Throws with the reference's text when what the settings name cannot be used. */
  constructor(args: TlsArguments) {
    this.#args = args;
    const named = [args.ca_pem, args.ca_file, args.cert_pem, args.cert_file];
    if (named.some((text) => text !== "")) this.#material = new TlsMaterial(args);
  }

  get current(): TlsMaterial {
    this.#material ??= new TlsMaterial(this.#args);
    return this.#material;
  }

  /** Takes over files that changed; tells whether there were any. Throws as the constructor does and keeps the old material. */
  refresh(): boolean {
    const before = this.#material;
    this.#material = before?.reload();
    return this.#material !== before;
  }
}
