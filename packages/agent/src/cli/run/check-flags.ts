import { formatProblem } from "../configuration.ts";
import type { Flags } from "../flags/flag.ts";
import type { RunFlags } from "../flags/run-flags.ts";
import { runFlags } from "../flags/run-flags.ts";

/** What speaks against starting with these flags; undefined when nothing does. */
export function runFlagProblem(values: RunFlags, changed: readonly string[]): string | undefined {
  const experimental = changed.find((name) => flagOf(name)?.experimental === true);
  if (experimental !== undefined && values["stability.level"] !== "experimental") {
    return `'--${experimental}' can only be used at experimental stability level. Use --stability.level=experimental to enable.`;
  }
  return formatProblem(values["config.format"]) ?? clusterProblem(values);
}

/** Flags that were given and have no effect here, e.g. `--windows.priority`. */
export function ignoredFlags(changed: readonly string[]): readonly string[] {
  return changed.filter((name) => flagOf(name)?.ignored === true).map((name) => `--${name}`);
}

function clusterProblem(values: RunFlags): string | undefined {
  const join = values["cluster.join-addresses"];
  const discover = values["cluster.discover-peers"];
  if (join !== "" && discover !== "") {
    const peers = join.split(",").map((address) => JSON.stringify(address));
    return `at most one of join peers and discover peers may be set, got join peers [${peers.join(" ")}] and discover peers ${JSON.stringify(discover)}`;
  }
  const alone = join === "" && discover === "" && values["cluster.wait-for-size"] <= 1;
  if (!values["cluster.enabled"] || alone) return undefined;
  return "--cluster.enabled: clusters of several instances are not supported yet, and without one every instance would collect the profiles of all targets; leave out --cluster.join-addresses, --cluster.discover-peers and --cluster.wait-for-size where this instance is alone";
}

function flagOf(name: string): Flags[string] | undefined {
  return (runFlags as Flags)[name];
}
