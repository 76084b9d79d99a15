/** The content type of the Prometheus text format, with the parameters that the reference sends. */
export const textFormatContentType = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/** A number as the text format writes it: `+Inf`, `-Inf`, `NaN`, otherwise a decimal that reads back as the same double. */
export function formatNumber(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

/** `a="1",b="2"`, sorted by name. Values may hold anything; backslash, quote and newline are escaped. */
export function formatLabels(labels: Iterable<readonly [name: string, value: string]>): string {
  const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.map(([name, value]) => `${name}="${escapeLabelValue(value)}"`).join(",");
}

export function formatHelp(name: string, help: string): string {
  return `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`;
}

function escapeLabelValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
