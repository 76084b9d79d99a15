import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

  /** A pair signed by the authority; `names` are subject alternative names such as `DNS:localhost` or `IP:127.0.0.1`. */
  signed(name: string, names: readonly string[] = ["DNS:localhost", "IP:127.0.0.1"]): Pair {
    const request = join(this.directory, `${name}.csr`);
    const extensions = join(this.directory, `${name}.ext`);
    const pair = this.#files(name);
    openssl("req", "-new", ...newKey, "-keyout", pair.keyFile, "-out", request, "-subj", `/CN=${name}`);
    writeFileSync(extensions, names.length === 0 ? "" : `subjectAltName=${names.join(",")}\n`);
    const { certFile, keyFile } = this.authority;
    openssl(
      "x509",
      "-req",
      "-in",
      request,
      "-CA",
      certFile,
      "-CAkey",
      keyFile,
      "-CAcreateserial",
      "-days",
      "2",
      "-extfile",
      extensions,
      "-out",
      pair.certFile,
    );
    return this.#read(pair);
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

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

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
