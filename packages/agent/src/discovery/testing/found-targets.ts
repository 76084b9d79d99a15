import type { Target } from "../../component/target.ts";
import type { RecordingLog } from "../../component/testing/recording-log.ts";
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

/** Message and error of each line that was logged as an error. */
export function loggedErrors({ log }: { readonly log: RecordingLog }): readonly string[] {
  const errors = log.lines.filter(({ level }) => level === "error");
  return errors.map(({ message, fields: { err } }) => `${message}: ${err instanceof Error ? err.message : JSON.stringify(err)}`);
}
