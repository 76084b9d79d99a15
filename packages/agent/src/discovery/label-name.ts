/** Characters that a label's name cannot have become `_`, one for one: labels and annotations of containers, pods and nodes. */
export function sanitizeLabelName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/gu, "_");
}

/** Labels that begin with `prefix` for everything that something was labelled with. */
export function prefixedLabels(
  prefix: string,
  labels: Iterable<readonly [name: string, value: string]>,
): readonly (readonly [string, string])[] {
  return Array.from(labels, ([name, value]) => [prefix + sanitizeLabelName(name), value] as const);
}
