import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { OptionalSecret } from "../../schema/index.ts";
import { localFile } from "./component.ts";

const content = ({ exports }: RunningComponent): string => (exports as { readonly content: OptionalSecret }).content.reveal();

describe("local.file", () => {
  let folder = "";
  let file = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "local-file-"));
    file = join(folder, "content");
    writeFileSync(file, "one\n");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const start = (more = "") => RunningComponent.start(localFile, `filename = "${file}"\n${more}`);

  it("exports the content as it is while it is built", async () => {
    writeFileSync(file, Buffer.from([0x20, 0xff, 0x0a]));
    await using running = await start();
    expect(running.published).toEqual([{ content: new OptionalSecret(" \udcff\n", false) }]);
    expect(running.metric("local_file_timestamp_last_accessed_unix_seconds")).toBeGreaterThan(1.7e9);
  });

  it("exports a secret when told so, and warns of a line break in it", async () => {
    await using running = await start("is_secret = true");
    expect(running.exports).toMatchObject({ content: { isSecret: true } });
    expect(running.log.lines.map(({ message }) => message)).toEqual([
      "the secret ends with a line break, which belongs to it: write the file without one",
    ]);
    await running.update(`filename = "${file}"`);
    expect(running.exports).toMatchObject({ content: { isSecret: false } });
  });

  it.each(["fsnotify", "poll"])("follows the file with the detector %s: written, replaced, removed, there again", async (detector) => {
    await using running = await start(`detector = "${detector}"\npoll_frequency = "${detector === "poll" ? "50ms" : "1h"}"`);
    writeFileSync(file, "two");
    await expect.poll(() => content(running)).toBe("two");
    expect(running.health).toMatchObject({ state: "healthy", message: "read file" });
    writeFileSync(`${file}.new`, "three");
    renameSync(`${file}.new`, file);
    await expect.poll(() => content(running)).toBe("three");
    unlinkSync(file);
    await expect
      .poll(() => running.health)
      .toMatchObject({
        state: "unhealthy",
        message: `failed to read file: open ${file}: no such file or directory`,
      });
    expect(content(running)).toBe("three");
    writeFileSync(file, "four");
    await expect.poll(() => content(running)).toBe("four");
    expect(running.health).toMatchObject({ state: "healthy", message: "read file" });
  });

  it("follows links that are made to lead elsewhere, as Kubernetes does with secrets", async () => {
    const version = (name: string, text: string): void => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "token"), text);
      symlinkSync(name, join(folder, "..tmp"));
      renameSync(join(folder, "..tmp"), join(folder, "..data"));
    };
    version("..v1", "old");
    file = join(folder, "token");
    symlinkSync("..data/token", file);
    await using running = await start('poll_frequency = "1h"');
    expect(content(running)).toBe("old");
    version("..v2", "new");
    rmSync(join(folder, "..v1"), { recursive: true });
    await expect.poll(() => content(running)).toBe("new");
  });

  it("reads another file after a change, and keeps the old one when that cannot be read", async () => {
    await using running = await start();
    await expect(running.update(`filename = "${folder}/none"`)).rejects.toThrow(`failed to read file: open ${folder}/none: no such file`);
    writeFileSync(file, "still followed");
    await expect.poll(() => content(running)).toBe("still followed");
    writeFileSync(join(folder, "other"), "other");
    await running.update(`filename = "${folder}/other"`);
    expect(content(running)).toBe("other");
    writeFileSync(join(folder, "other"), "followed");
    await expect.poll(() => content(running)).toBe("followed");
  });

  it("is not built without its file", async () => {
    unlinkSync(file);
    await expect(start()).rejects.toThrow(`failed to read file: open ${file}: no such file or directory`);
    mkdirSync(file);
    await expect(start()).rejects.toThrow(`failed to read file: read ${file}: is a directory`);
  });

  it.skipIf(process.getuid?.() === 0)("is not built when it may not read the file", async () => {
    chmodSync(file, 0);
    await expect(start()).rejects.toThrow("permission denied");
  });

  it("refuses a file that is too large", async () => {
    truncateSync(file, 100 << 20);
    await expect(start()).rejects.toThrow(`failed to read file: ${file} is larger than 16777216 bytes`);
  });

  it.each([
    ['detector = "inotify"', 'unrecognized detector "inotify", expected fsnotify or poll'],
    ['poll_frequency = "0s"', "poll_frequency must be greater than 0"],
  ])("refuses %j", async (body, problem) => expect(start(body)).rejects.toThrow(problem));
});
