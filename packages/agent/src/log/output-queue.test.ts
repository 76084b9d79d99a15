import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OutputQueue } from "./output-queue.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "output-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Both ends of a named pipe, as descriptors. */
async function pipe(): Promise<[reader: number, writer: number]> {
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const both = openSync(path, "r+");
  return [both, openSync(path, "w")];
}

describe("OutputQueue", () => {
  it("writes everything in order", async () => {
    const path = join(folder, "out");
    const descriptor = openSync(path, "w");
    const queue = new OutputQueue(descriptor);
    const lines = Array.from({ length: 5000 }, (_, at) => `line ${at} é\n`);
    for (const [at, line] of lines.entries()) {
      queue.write(line);
      if (at % 1000 === 0) await queue.flush();
    }
    queue.flushNow();
    await queue.flush();
    closeSync(descriptor);
    expect(readFileSync(path, "utf8")).toBe(lines.join(""));
  });

  it("keeps bytes that are not UTF-8", async () => {
    const path = join(folder, "out");
    const descriptor = openSync(path, "w");
    const queue = new OutputQueue(descriptor);
    queue.write("a\u{dcff}b");
    await queue.flush();
    closeSync(descriptor);
    expect([...readFileSync(path)]).toEqual([0x61, 0xff, 0x62]);
  });

  it("drops and counts offered lines above the limit", async () => {
    const path = join(folder, "out");
    const descriptor = openSync(path, "w");
    const queue = new OutputQueue(descriptor, 10);
    const notice = (dropped: number): string => `(${dropped})`;
    for (let at = 0; at < 4; at += 1) queue.offer("12345", notice);
    await queue.flush();
    queue.offer("12345", notice);
    queue.write("1234567890");
    await queue.flush();
    queue.offer("12345", notice);
    await queue.flush();
    closeSync(descriptor);
    expect(readFileSync(path, "utf8")).toBe("1234512345(2)12345123456789012345");
  });

  it("tells when a reader is too slow to wait for", async () => {
    const [reader, writer] = await pipe();
    const queue = new OutputQueue(writer);
    queue.write("short");
    expect(await queue.flushWithin(5000)).toBe(true);
    queue.write("x".repeat(1_000_000));
    expect(await queue.flushWithin(100)).toBe(false);
    const drain = setInterval(() => readSync(reader, Buffer.alloc(100_000)), 1);
    expect(await queue.flushWithin(5000)).toBe(true);
    clearInterval(drain);
  });

  it("goes on quietly when nobody can read any more", () => {
    const script = `
      import { OutputQueue } from ${JSON.stringify(new URL("./output-queue.ts", import.meta.url).href)};
      const queue = new OutputQueue(1);
      for (let at = 0; at < 50; at += 1) { queue.write("x".repeat(10_000)); await queue.flush(); }
      process.stderr.write("done");
    `;
    const file = join(folder, "writer.mjs");
    const { stderr, status } = spawnSync(
      "sh",
      ["-c", `printf '%s' "$SCRIPT" > ${file}; ${process.execPath} ${file} | head -c 1 > /dev/null`],
      {
        env: { ...process.env, SCRIPT: script },
        encoding: "utf8",
      },
    );
    expect({ stderr, status }).toEqual({ stderr: "done", status: 0 });
  });
});
