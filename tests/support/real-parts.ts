/**
 * The real programs that tests run against. A test that needs one skips by name when it is not there; `npm run setup:real` installs the ones from the
 * system's packages, `npm test` fetches the small ones into `.cache/real`.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Where `npm test` keeps what it fetched. */
export const partsFolder: string = join(root, ".cache/real");

export interface RealPart {
  readonly name: string;
  /** What is not tested without it. */
  readonly tests: string;
  /** Debian package that brings it. */
  readonly debian?: string;
  /** npm package, with version, fetched into {@link partsFolder}. */
  readonly npm?: string;
}

export const realParts: readonly RealPart[] = [
  { name: "go", tests: "scraping a Go program, `go tool pprof` accepting what is delivered, benchmarks", debian: "golang-go" },
  { name: "openssl", tests: "TLS, client certificates, certificate reload", debian: "openssl" },
  { name: "nats-server", tests: "scraping a pprof endpoint of a foreign program", debian: "nats-server" },
  { name: "dnsmasq", tests: "discovery.dns against a DNS server", debian: "dnsmasq-base" },
  { name: "dockerd", tests: "discovery.docker and discovery.dockerswarm against a Docker engine", debian: "docker.io" },
  { name: "podman", tests: "discovery.docker against Podman's socket", debian: "podman" },
  { name: "nginx", tests: "discovery.http and remote.http behind TLS and credentials", debian: "nginx-light" },
  { name: "prometheus", tests: "labels of discovered targets, compared with Prometheus", debian: "prometheus" },
  { name: "@pyroscope/nodejs", tests: "a real SDK pushing to pyroscope.receive_http", npm: "@pyroscope/nodejs@0.6.4" },
];

/** The path of a program or of a fetched package's folder, undefined when it is not there. */
export function findPart(name: string): string | undefined {
  const part = realParts.find((candidate) => candidate.name === name);
  if (part === undefined) throw new Error(`${name} is not in the list of real parts`);
  if (part.npm !== undefined) {
    const folder = join(partsFolder, "node_modules", name);
    return existsSync(folder) ? folder : undefined;
  }
  const found = spawnSync("sh", ["-c", `command -v ${name}`], {
    encoding: "utf8",
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });
  return found.status === 0 ? found.stdout.trim() : undefined;
}
