/** Families of the reference's components that carry other signals than profiles. */
const otherSignals: ReadonlyMap<string, string> = new Map([
  ["prometheus", "metrics"],
  ["mimir", "metrics"],
  ["loki", "logs"],
  ["otelcol", "OpenTelemetry data"],
  ["beyla", "eBPF instrumentation"],
  ["faro", "frontend telemetry"],
  ["database_observability", "database telemetry"],
]);

/** Discoveries of the reference that ask the interface of a provider: they are not built, because a list in a file or behind a URL does the same. */
const providers: ReadonlySet<string> = new Set(
  (
    "aws azure consulagent digitalocean ec2 eureka gce hetzner ionos kuma lightsail linode marathon nerve openstack ovhcloud puppetdb " +
    "scaleway serverset stackit triton uyuni"
  ).split(" "),
);

/** Sources of values that are not built. */
const valueSources: ReadonlySet<string> = new Set(["remote.vault", "remote.s3"]);

/** Sources of profiles that are still to be built. */
const notYet: ReadonlySet<string> = new Set(["pyroscope.java", "pyroscope.ebpf"]);

const longestTypo = 3;

/** What to say to somebody who used a component that does not exist here, if anything helps. */
export function hintForUnknown(name: string, known: Iterable<string>): string | undefined {
  const signal = otherSignals.get(name.split(".", 1)[0] ?? "");
  if (signal !== undefined) {
    return `${name} handles ${signal}; this program runs profiling pipelines only. Remove the block here, or run it in Grafana Alloy`;
  }
  const [family, kind = ""] = name.split(".", 2);
  if (family === "discovery" && providers.has(kind)) {
    return `${name} is not part of this program; have the targets listed in a file for discovery.file, or by a server for discovery.http`;
  }
  if (valueSources.has(name)) {
    return `${name} is not part of this program; have the value written into a file for local.file, or served to remote.http`;
  }
  if (notYet.has(name)) return `${name} is not part of this program yet; keep it in Grafana Alloy and let its pyroscope.write send here`;
  const similar = nearest(name, known);
  return similar === undefined ? undefined : `did you mean "${similar}"?`;
}

function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.min(longestTypo, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name, candidate, least);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein's distance, or `limit` when it is not below that. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    if (Math.min(...current) >= limit) return limit;
    previous = current;
  }
  return Math.min(previous.at(-1) ?? limit, limit);
}
