/**
 * The id of the container that a process runs in, by the lines of its `/proc/<pid>/cgroup`: the first line in which a part of the path is 64 hexadecimal
 * digits, perhaps behind a word and a hyphen (`docker-…`, `cri-containerd-…`) and before a dot (`….scope`). Empty when there is none.
 */
export function containerIdOf(cgroup: readonly string[]): string {
  for (const line of cgroup) {
    const found = [...line.matchAll(/(?<=[/-])[0-9a-f]{64}(?=\.|\s*$)/g)].filter(({ index }) => line.lastIndexOf("/", index) >= 0).at(-1);
    if (found !== undefined) return found[0];
  }
  return "";
}
