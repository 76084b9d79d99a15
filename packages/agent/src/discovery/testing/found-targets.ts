import type { Target } from "../../component/target.ts";
import type { RunningComponent } from "../../component/testing/running-component.ts";

/** The labels of the targets that a component exports now. */
export function foundTargets(running: RunningComponent): readonly Readonly<Record<string, string>>[] {
  const { targets } = running.exports as { readonly targets: readonly Target[] };
  return targets.map(({ labels }) => labels.toRecord());
}

/** Their addresses. */
export function foundAddresses(running: RunningComponent): readonly (string | undefined)[] {
  return foundTargets(running).map((labels) => labels["__address__"]);
}

/** What the component logged as errors. */
export function loggedErrors(running: RunningComponent): readonly string[] {
  const errors = running.log.lines.filter(({ level }) => level === "error");
  return errors.map(({ message, fields: { err } }) => `${message}: ${err instanceof Error ? err.message : String(err)}`);
}
