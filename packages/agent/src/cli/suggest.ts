/** How many letters may differ for a name to be taken for another. */
const nearness = 2;

/** Names that `typed` may have meant: those that it begins, and those a letter or two away. */
export function suggest(typed: string, names: readonly string[]): readonly string[] {
  return names.filter(
    (name) => (typed !== "" && name.startsWith(typed.toLowerCase())) || editDistance(typed.toLowerCase(), name) <= nearness,
  );
}

/** Letters to insert, delete or replace to make one text of the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [line, letter] of Array.from(from).entries()) {
    const next = [line + 1];
    for (let at = 1; at <= to.length; at += 1) {
      const replaced = (row[at - 1] ?? 0) + (letter === to[at - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
