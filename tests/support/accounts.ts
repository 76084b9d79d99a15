/**
 * The accounts of `pyroscope.write` in the text of `/metrics` that do not add up, as text; empty when every profile that an endpoint accepted is delivered,
 * queued, expired, evicted or rejected.
 */
export function unbalanced(metrics: string): string {
  const rests = new Map<string, number>();
  for (const [, account = "", labels = "", value] of metrics.matchAll(/^flameline_write_([a-z]+)_profiles(?:_total)?\{(.*)\} (\S+)$/gm)) {
    const owner = labels.replace(/,?reason="[^"]*"/, "");
    rests.set(owner, (rests.get(owner) ?? 0) + (account === "accepted" ? Number(value) : -Number(value)));
  }
  const wrong = [...rests].filter(([, rest]) => rest !== 0);
  return wrong.map(([owner, rest]) => `${owner}: ${rest} profiles are missing`).join("\n");
}
