import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** After so many bytes of bodies the young generation is collected, */
const collectEveryBytes = 4 * 1024 * 1024;

/**
 * and this part of the heap's size: a program with much in memory has many bodies on their way at any time, which are taken for lasting when they meet two
 * collections.
 */
const collectEveryHeapShare = 1 / 8;

type Collect = (options: { readonly type: "minor"; readonly execution: "sync" }) => void;

let bytes = 0;
let limit = collectEveryBytes;
let collect: Collect | undefined;

/** To be called by what will have many bodies, so that the young generation has not grown before the first of them count. */
export function expectBodies(): void {
  collect ??= prepare();
}

/**
 * Told about what arrives of all bodies.
 *
 * Their memory is outside of the engine's heap. The engine sees that there is much of it and looks through the whole heap for it, every hundred bodies of
 * 200 KB, although nearly all of it belongs to a few objects that were just made. That cost more than all other work together, and memory grew by 100 MB.
 * So the young generation is collected when bodies make it worth while.
 */
export function countBodyBytes(count: number): void {
  bytes += count;
  if (bytes < limit) return;
  bytes = 0;
  collect ??= prepare();
  collect({ type: "minor", execution: "sync" });
  limit = collectEveryBytes + getHeapStatistics().used_heap_size * collectEveryHeapShare;
}

/**
 * From now on the young generation does not grow any more, because every growth is memory that stays, and the heap is collected as a whole when it is 1.6 times
 * of what was alive after the last time. Left alone the engine goes by how fast it was so far, and lets it grow to four times or to 1.3 times.
 */
function prepare(): Collect {
  for (const flag of ["--semi-space-growth-factor=1", "--heap-growing-percent=60", "--expose-gc"]) setFlagsFromString(flag);
  return runInNewContext("gc") as Collect;
}
