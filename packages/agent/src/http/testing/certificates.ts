import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Pair {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** Certificates made with the machine's openssl: an authority that signs others, in a directory of their own. */
export class TestCertificates implements Disposable {
  static readonly available: boolean = hasOpenssl();

  readonly directory: string = mkdtempSync(join(tmpdir(), "flameline-certificates-"));
  readonly authority: Pair = this.#selfSigned("authority");

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /**
   * A pair signed by the authority; `names` are subject alternative names such as `DNS:localhost` or `IP:127.0.0.1`. It is valid for two days, or until
   * `end`, of which the milliseconds are cut off.
   */
  signed(name: string, names: readonly string[] = ["DNS:localhost", "IP:127.0.0.1"], end: Date = new Date(Date.now() + twoDaysMs)): Pair {
    const request = join(this.directory, `${name}.csr`);
    const extensions = join(this.directory, `${name}.ext`);
    const pair = this.#files(name);
    openssl("req", "-new", ...newKey, "-keyout", pair.keyFile, "-out", request, "-subj", `/CN=${name}`);
    writeFileSync(extensions, names.length === 0 ? "" : `subjectAltName=${names.join(",")}\n`);
    const dates = ["-startdate", opensslDate(new Date(Date.now() - 60_000)), "-enddate", opensslDate(end)];
    openssl("ca", "-batch", "-notext", "-config", this.#signing(), ...dates, "-extfile", extensions, "-in", request, "-out", pair.certFile);
    return this.#read(pair);
  }

  /** The configuration of `openssl ca`, the only command that takes dates to the second. */
  #signing(): string {
    const file = join(this.directory, "ca.cnf");
    if (!existsSync(file)) {
      writeFileSync(join(this.directory, "index.txt"), "");
      const { certFile, keyFile } = this.authority;
      writeFileSync(
        file,
        `[ca]\ndefault_ca=own\n[own]\ndatabase=${this.directory}/index.txt\nnew_certs_dir=${this.directory}\nrand_serial=yes\nunique_subject=no
default_md=sha256\npolicy=any\ncertificate=${certFile}\nprivate_key=${keyFile}\n[any]\ncommonName=supplied\n`,
      );
    }
    return file;
  }

  #selfSigned(name: string): Pair {
    const pair = this.#files(name);
    openssl("req", "-x509", ...newKey, "-keyout", pair.keyFile, "-out", pair.certFile, "-days", "2", "-subj", `/CN=${name}`);
    return this.#read(pair);
  }

  #files(name: string): { certFile: string; keyFile: string } {
    return { certFile: join(this.directory, `${name}.pem`), keyFile: join(this.directory, `${name}.key`) };
  }

  #read(files: { certFile: string; keyFile: string }): Pair {
    return { ...files, cert: readFileSync(files.certFile, "utf8"), key: readFileSync(files.keyFile, "utf8") };
  }
}

const twoDaysMs = 2 * 86_400_000;

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** `20261128140815Z` */
function opensslDate(date: Date): string {
  return `${date.toISOString().replace(/\D/g, "").slice(0, 14)}Z`;
}

function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: "ignore" });
}

function hasOpenssl(): boolean {
  try {
    openssl("version");
    return true;
  } catch {
    return false;
  }
}
