import { setTimeout as delay } from "node:timers/promises";
import { NodeError } from "./node-error.ts";

/** How long a load waits for a removed node to make room, in milliseconds. */
const defaultPatienceMs = 10_000;

/**
 * Waits until an earlier node of the same id has stopped: two at a time would fight over its directory and its ports.
 * @throws NodeError when that takes too long. The next reload tries again.
 */
export async function predecessorGone(predecessor: Promise<void> | undefined, patienceMs: number = defaultPatienceMs): Promise<void> {
  if (predecessor === undefined) return;
  const gone = predecessor.then(() => true);
  if (!(await Promise.race([gone, delay(patienceMs, false, { ref: false })]))) {
    throw new NodeError("the former instance of the same id has not stopped yet");
  }
}
