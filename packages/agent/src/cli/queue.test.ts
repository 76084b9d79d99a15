import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { storeDelivery } from "../components/pyroscope.write/stored-delivery.ts";
import { openQueue } from "../queue/open-queue.ts";
import { runProgram } from "./program.ts";

let storage: string;

beforeEach(async () => {
  storage = await mkdtemp(join(tmpdir(), "flameline-queue-cli-"));
});

afterEach(async () => {
  await rm(storage, { recursive: true });
});

async function run(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
  const written = { out: "", err: "" };
  const exit = await runProgram(["queue", ...args], {
    out: { write: (text) => void (written.out += text) },
    err: { write: (text) => void (written.err += text), offer: () => undefined, flushWithin: async () => true },
    color: false,
    readInput: async () => new Uint8Array(),
  });
  return { exit, ...written };
}

/** Two queues with three records of two tenants each, one of them done. */
async function fill(): Promise<readonly string[]> {
  const folders = ["pyroscope.write.a/0", "pyroscope.write.b/0"].map((name) => join(storage, name));
  for (const folder of folders) {
    const { queue } = await openQueue({ folder, maxBytes: 1e7, maxAgeMs: 1e7, onLoss: () => undefined });
    const createdAt = Date.now() - 120_000;
    for (const tenant of ["one", "one", "two"]) {
      await queue.append({ tenant, createdAt, units: 2, payload: [Buffer.from(`profile of ${tenant} ${"x".repeat(5000)}`)] });
    }
    (await queue.take(AbortSignal.timeout(1000)))?.done();
    await queue.close();
  }
  return folders;
}

describe("queue inspect", () => {
  it("says what waits, in every queue of a storage directory", async () => {
    const folders = await fill();
    const { exit, out } = await run("inspect", storage);
    expect(exit).toBe(0);
    for (const folder of folders) expect(out).toContain(`${folder}\n  waiting   2 records, 4 profiles, 9.9 KiB\n`);
    expect(out).toMatch(/\n {2}oldest {4}\d{4}-\S+Z, 2m\d+s old\n/);
    expect(out).toMatch(/\n {2}one {5}1 {8}2 {9}4\.9 KiB {2}2m\d+s\n/);
    expect(out).toMatch(/\n {2}service {4}type {7}profiles {2}size\n {2}\(unknown\) {2}\(unknown\) {2}4 {9}9\.9 KiB\n/);
  });

  it("says of which services they are", async () => {
    const folder = join(storage, "queue");
    const { queue } = await openQueue({ folder, maxBytes: 1e7, maxAgeMs: 1e7, onLoss: () => undefined });
    for (let index = 0; index < 25; index += 1) {
      const subject = { service: `shop-${index}`, type: index === 0 ? "evil\u001b[2J" : "process_cpu" };
      const facts = { subject, tenant: "", receivedAt: Date.now(), profiles: index + 1, bytes: 1 };
      const payload = storeDelivery({ kind: "push", ...facts, message: [Buffer.alloc(1000 - 10 * index)] });
      await queue.append({ tenant: "", createdAt: Date.now(), units: facts.profiles, payload });
    }
    await queue.close();
    const { out } = await run("inspect", storage);
    expect(out).toMatch(/\n {2}shop-0 {3}"evil\\u001b\[2J" {2}1 {9}1\.1 KiB\n {2}shop-1 {3}process_cpu/);
    expect(out).toMatch(/\n {2}and 5 more\n$/);
    const [report] = JSON.parse((await run("inspect", "--json", storage)).out) as [{ services: unknown[] }];
    expect(report.services).toHaveLength(25);
    expect(report.services[3]).toMatchObject({ service: "shop-3", type: "process_cpu", records: 1, units: 4 });
  });

  it("prints the same as JSON", async () => {
    const [folder = ""] = await fill();
    const { out } = await run("inspect", "--json", folder);
    const reports = JSON.parse(out) as unknown;
    expect(reports).toMatchObject([{ folder, records: 2, units: 4, done: 1, tenants: [{ records: 1 }, { records: 1 }], damage: [] }]);
  });

  it("says that there is nothing", async () => {
    expect(await run("inspect", storage)).toEqual({ exit: 0, out: `no queue in ${storage} holds anything\n`, err: "" });
  });
});

describe("queue check", () => {
  it("finds nothing wrong with what is whole", async () => {
    const [folder = ""] = await fill();
    const { exit, out } = await run("check", folder);
    expect({ exit, out }).toEqual({ exit: 0, out: `${folder}: ok, 2 records waiting and 1 done with right checksums\n` });
  });

  it("says what is damaged, before and after a collector has set it aside, and changes nothing", async () => {
    const [folder = ""] = await fill();
    const path = join(folder, "0000000001.segment");
    const bytes = await readFile(path);
    bytes[bytes.lastIndexOf("profile of one")] = 0;
    await writeFile(path, bytes);
    const first = await run("check", storage);
    expect(first.exit).toBe(1);
    expect(first.out).toMatch(
      /damaged, 1 record waiting.*\n {2}0000000001\.segment: 4\.9 KiB at \d+ are damaged: 1 record of tenant "one" lost\n/,
    );
    expect(await readFile(path)).toEqual(bytes);
    const { queue } = await openQueue({ folder, maxBytes: 1e7, maxAgeMs: 1e7, onLoss: () => undefined });
    await queue.close();
    const second = await run("check", folder);
    expect(second.exit).toBe(1);
    expect(second.out).toContain("lost, told of before\n");
    expect(second.out).toMatch(/quarantine\/0000000001-\d+\.bad: 4\.9 KiB that were damaged and set aside/);
  });
});

describe("queue move", () => {
  it("hands what waits for one endpoint to another one", async () => {
    const [from = "", to = ""] = await fill();
    expect(await run("move", from, to)).toEqual({ exit: 0, out: `moved 2 records with 4 profiles to ${to}\n`, err: "" });
    const { out } = await run("inspect", storage);
    expect(out).toContain(`${to}\n  waiting   4 records, 8 profiles`);
    expect(out).not.toContain(from);
  });

  it("says what is wrong with the folders, and changes nothing", async () => {
    const [from = "", to = ""] = await fill();
    const empty = join(storage, "pyroscope.write.c/queue/empty");
    await mkdir(empty, { recursive: true });
    expect((await run("move", from)).err).toMatch(/^Error: move takes two folders/);
    expect((await run("move", from, `${from}/../0`)).err).toMatch(/are the same folder\n$/);
    expect((await run("move", storage, to)).err).toMatch(/ holds no queue: name a folder that "flameline queue inspect" lists\n$/);
    expect((await run("move", from, storage)).err).toMatch(/ is no queue: run a collector with the endpoint once/);
    expect((await run("move", from, join(storage, "none"))).err).toMatch(
      /^Error: there is no folder .*none: run a collector with the endpoint once/,
    );
    expect((await run("move", join(storage, "none"), to)).err).toMatch(/^Error: there is no folder .*none: name one/);
    expect((await run("move", from, tmpdir())).err).toMatch(/ is no queue: /);
    expect((await run("move")).err).toMatch(/^Error: move takes two folders/);
    expect((await run("inspect", storage)).out.match(/2 records, 4 profiles/g)).toHaveLength(2);
    expect((await run("move", from, empty)).exit).toBe(0);
  });
});

describe("queue", () => {
  it("says what is wrong with the command line", async () => {
    expect((await run("look", storage)).err).toBe('Error: unknown action "look": use one of inspect, check, move\n');
    expect((await run("check", storage, storage)).err).toBe("Error: check takes one directory\n");
    expect((await run("check", join(storage, "none"))).err).toBe(
      `Error: cannot read ${join(storage, "none")}: no such file or directory\n`,
    );
  });
});
