/**
 * The real programs that tests run against. A test that needs one skips by name when it is not there; `npm run setup:real` installs all of them, `npm test`
 * fetches the small ones into `.cache/real`.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Where what was fetched is kept. */
export const partsFolder: string = join(root, ".cache/real");

/** How a part comes to the machine: a package of the system, or something fetched into {@link partsFolder}, always of one exact version. */
export type Supply =
  /** A Debian package; the part is the command of its name. `probe` is a shell command that fails where an installation is not enough. */
  | { readonly kind: "debian"; readonly package: string; readonly probe?: string }
  /** A library of a Debian package that programs are started with (`LD_PRELOAD`), below /usr/lib. */
  | { readonly kind: "preload"; readonly package: string; readonly file: string }
  | { readonly kind: "npm"; readonly version: string }
  /** Python packages go into one virtual environment. */
  | { readonly kind: "pypi"; readonly version: string }
  /** A Java archive, by `group:artifact`. */
  | { readonly kind: "maven"; readonly coordinates: string; readonly version: string }
  /** A folder with a `go.mod` that says what is needed, and the program that uses it. */
  | { readonly kind: "go"; readonly folder: string };

export interface RealPart {
  readonly name: string;
  /** What is not tested without it. */
  readonly tests: string;
  readonly supply: Supply;
  /** Takes long to fetch or much space: only `npm run setup:real` does it. */
  readonly large?: boolean;
}

export const realParts: readonly RealPart[] = [
  {
    name: "go",
    tests: "scraping a Go program, `go tool pprof` accepting what is delivered, the Go SDK, benchmarks",
    supply: { kind: "debian", package: "golang-go" },
  },
  { name: "openssl", tests: "TLS, client certificates, certificate reload", supply: { kind: "debian", package: "openssl" } },
  {
    name: "nats-server",
    tests: "scraping a pprof endpoint of a foreign program",
    supply: { kind: "debian", package: "nats-server" },
  },
  {
    name: "nginx",
    tests: "client certificates and gRPC through a reverse proxy, discovery.http and remote.http behind TLS and credentials",
    supply: { kind: "debian", package: "nginx-light" },
  },
  { name: "squid", tests: "pyroscope.write through a proxy with logins", supply: { kind: "debian", package: "squid" } },
  { name: "tinyproxy", tests: "pyroscope.write through another proxy with logins", supply: { kind: "debian", package: "tinyproxy" } },
  { name: "microsocks", tests: "pyroscope.write through a SOCKS proxy", supply: { kind: "debian", package: "microsocks" } },
  {
    name: "gcc",
    tests: "disks that fail under the running program",
    supply: { kind: "debian", package: "build-essential", probe: "echo 'int main(void) { return 0; }' | gcc -x c -o /dev/null -" },
  },
  {
    name: "libfaketime",
    tests: "clocks that jump under the running program",
    supply: { kind: "preload", package: "faketime", file: "faketime/libfaketimeMT.so.1" },
  },
  {
    name: "libnss-wrapper",
    tests: "an endpoint whose name gets another address",
    supply: { kind: "preload", package: "libnss-wrapper", file: "libnss_wrapper.so" },
  },
  {
    name: "python3",
    tests: "the Python SDK",
    supply: { kind: "debian", package: "python3-venv", probe: "python3 -c 'import ensurepip'" },
  },
  {
    name: "jfr",
    tests: "the Java SDK, and JFR that arrives being readable",
    supply: { kind: "debian", package: "openjdk-17-jdk-headless" },
  },
  { name: "mvn", tests: "the Java SDK", supply: { kind: "debian", package: "maven" } },
  { name: "@pyroscope/nodejs", tests: "the Node.js SDK pushing to pyroscope.receive_http", supply: { kind: "npm", version: "0.6.4" } },
  { name: "@grpc/grpc-js", tests: "a foreign gRPC client pushing to pyroscope.receive_http", supply: { kind: "npm", version: "1.14.7" } },
  { name: "oidc-provider", tests: "pyroscope.write with tokens of a real OAuth2 server", supply: { kind: "npm", version: "9.13.3" } },
  { name: "pyroscope-io", tests: "the Python SDK pushing to pyroscope.receive_http", supply: { kind: "pypi", version: "1.4.0" } },
  {
    name: "pyroscope-go",
    tests: "the Go SDK pushing to pyroscope.receive_http",
    supply: { kind: "go", folder: "tests/e2e/sdks/go" },
    large: true,
  },
  {
    name: "pyroscope-java",
    tests: "the Java SDK pushing to pyroscope.receive_http",
    supply: { kind: "maven", coordinates: "io.pyroscope:agent", version: "2.1.2" },
    large: true,
  },
  { name: "sshd", tests: "import.git over SSH", supply: { kind: "debian", package: "openssh-server" } },
  { name: "dnsmasq", tests: "discovery.dns against a DNS server", supply: { kind: "debian", package: "dnsmasq-base" } },
  {
    name: "dockerd",
    tests: "discovery.docker and discovery.dockerswarm against a Docker engine",
    supply: { kind: "debian", package: "docker.io" },
  },
  { name: "podman", tests: "discovery.docker against Podman's socket", supply: { kind: "debian", package: "podman" } },
  {
    name: "prometheus",
    tests: "labels of discovered targets, compared with Prometheus",
    supply: { kind: "debian", package: "prometheus" },
  },
  { name: "etcd", tests: "the store of the Kubernetes API server", supply: { kind: "debian", package: "etcd-server" } },
  { name: "kubectl", tests: "discovery.kubernetes while kubectl changes things", supply: { kind: "debian", package: "kubernetes-client" } },
  {
    name: "kube-apiserver",
    tests: "discovery.kubernetes and remote.kubernetes.* against the API server; building it takes some minutes",
    supply: { kind: "go", folder: "tests/support/kubernetes/apiserver" },
    large: true,
  },
  {
    name: "kubernetes-targets",
    tests: "labels of targets in Kubernetes, compared with Prometheus' own discovery",
    supply: { kind: "go", folder: "tests/support/kubernetes/oracle" },
    large: true,
  },
];

/** The path of a program, a fetched package's folder or archive; undefined when it is not there in the version that is wanted. */
export function findPart(name: string): string | undefined {
  const part = realParts.find((candidate) => candidate.name === name);
  if (part === undefined) throw new Error(`${name} is not in the list of real parts`);
  const { supply } = part;
  if (supply.kind === "debian") return findCommand(name, supply.probe);
  if (supply.kind === "preload") return findLibrary(supply.file);
  if (supply.kind === "npm") return findNpm(name, supply.version);
  if (supply.kind === "pypi") return findPypi(name, supply.version);
  if (supply.kind === "go") return findGoProgram(name, supply.folder);
  return existing(join(partsFolder, "maven", `${supply.coordinates.split(":")[1] ?? ""}-${supply.version}.jar`));
}

/** The names of those that are not there, for the name of a skipped test. */
export function missingParts(...names: readonly string[]): readonly string[] {
  return names.filter((name) => findPart(name) === undefined);
}

/** The interpreter of the virtual environment with the Python packages. */
export const pythonOfParts: string = join(partsFolder, "python/bin/python");

function findCommand(name: string, probe = "true"): string | undefined {
  const found = spawnSync("sh", ["-c", `command -v ${name} && ${probe} >&2`], {
    encoding: "utf8",
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

function findLibrary(file: string): string | undefined {
  const [found] = globSync([file, join("*-linux-gnu*", file)], { cwd: "/usr/lib" });
  return found === undefined ? undefined : join("/usr/lib", found);
}

function findNpm(name: string, version: string): string | undefined {
  const folder = join(partsFolder, "node_modules", name);
  const manifest = existing(join(folder, "package.json"));
  if (manifest === undefined) return undefined;
  const installed = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
  return installed.version === version ? folder : undefined;
}

function findPypi(name: string, version: string): string | undefined {
  const folder = `lib/python3*/site-packages/${name.replaceAll("-", "_")}-${version}.dist-info`;
  const [found] = globSync(folder, { cwd: join(partsFolder, "python") });
  return found === undefined ? undefined : join(partsFolder, "python", found);
}

/** Undefined also when it was built from other sources. */
function findGoProgram(name: string, folder: string): string | undefined {
  const { program, digest } = goProgram(name);
  if (existing(program) === undefined || existing(digest) === undefined) return undefined;
  return readFileSync(digest, "utf8") === sourcesDigest(folder) ? program : undefined;
}

/** Where a Go program is kept, and the digest of the sources that it was built from: a new checkout has new times, and must not build for minutes. */
export function goProgram(name: string): { readonly program: string; readonly digest: string } {
  const program = join(partsFolder, "go", name);
  return { program, digest: `${program}.sources` };
}

/** Differs when a file of a Go program differs. */
export function sourcesDigest(folder: string): string {
  const hash = createHash("sha256");
  for (const file of globSync("*", { cwd: join(root, folder) }).sort())
    hash.update(`${file}\n`).update(readFileSync(join(root, folder, file)));
  return hash.digest("hex");
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}
