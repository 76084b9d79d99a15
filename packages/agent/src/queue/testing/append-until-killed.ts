/**
 * Opens the queue in the folder that is its argument, appends numbered records and takes and ends what comes, as fast as it can, until it is killed.
 * Prints `kept <n>` when a record is kept and `done <n>` before it ends one.
 */
import { writeSync } from "node:fs";
import { openQueue } from "../open-queue.ts";

const [, , folder = "", first = "0"] = process.argv;
const { queue } = await openQueue({ folder, maxBytes: 1e8, segmentBytes: 65_536, maxAgeMs: 1e9, onLoss: () => process.exit(3) });
let next = Number(first);

async function append(): Promise<void> {
  for (;;) {
    const number = next++;
    const payload = [Buffer.from(`${number} `), Buffer.alloc((number % 7) * 1000, 120)];
    await queue.append({ tenant: `t${number % 3}`, createdAt: Date.now(), units: 1, payload });
    writeSync(1, `kept ${number}\n`);
  }
}

/** A third of the records stays. */
async function take(): Promise<void> {
  for (;;) {
    const lease = await queue.take(new AbortController().signal);
    if (lease === undefined) return;
    const number = Number(
      Buffer.from(await lease.payload())
        .toString()
        .split(" ")[0],
    );
    if (number % 3 === 0) {
      const at = Date.now() + 60_000;
      lease.retry({ at });
      continue;
    }
    writeSync(1, `done ${number}\n`);
    lease.done();
  }
}

await Promise.all([append(), append(), append(), append(), take()]);
