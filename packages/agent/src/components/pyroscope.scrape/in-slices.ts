import { setImmediate } from "node:timers/promises";

/** Work of many steps lets everything else that is due have its turn after so long, milliseconds. */
const sliceMs = 20;
/** Looking at the clock costs as much as a small step. */
const stepsBetweenLooks = 64;

/**
 * Takes all steps of a work, at once when they are few. Resolves to its result; to undefined when it is not wanted any more, which is asked before
 * each slice.
 */
export async function inSlices<T>(work: Generator<void, T>, isWanted: () => boolean): Promise<T | undefined> {
  while (isWanted()) {
    const sliceEnd = performance.now() + sliceMs;
    for (let count = 1; count % stepsBetweenLooks !== 0 || performance.now() < sliceEnd; count += 1) {
      const step = work.next();
      if (step.done === true) return step.value;
    }
    await setImmediate();
  }
  return undefined;
}
