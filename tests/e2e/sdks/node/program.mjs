// A program with the Node.js SDK: works for some seconds, pushing every second to $SERVER, then stops the SDK properly.
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

const Pyroscope = createRequire(`${process.env.PARTS}/package.json`)("@pyroscope/nodejs");

Pyroscope.init({
  serverAddress: process.env.SERVER,
  appName: "node.app",
  tags: { region: "eu" },
  flushIntervalMs: 1000,
  wall: { samplingDurationMs: 1000 },
  heap: { samplingIntervalBytes: 65536 },
});
Pyroscope.start();
const kept = [];
const work = setInterval(function hotLoop() {
  for (let i = 0, sum = 0; i < 3e6; i++) sum += Math.sqrt(i);
  kept.push(Array.from({ length: 1000 }, () => 0));
}, 5);
await sleep(3500);
clearInterval(work);
// On a busy machine the SDK may fail to stop a profiler that has not begun yet; that says nothing about what was pushed before.
process.on("unhandledRejection", (error) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(0);
});
setTimeout(() => process.exit(0), 5000).unref();
await Pyroscope.stop();
