import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { foundTargets, loggedErrors } from "../../discovery/testing/found-targets.ts";
import { localFileMatch } from "./component.ts";

describe("local.file_match", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "file-match-"));
    for (const name of ["1.log", "x/2.log", "x/y/3.txt", "x/4.gz"]) write(name);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), "");
  };
  const start = (targets: string, more = "") => RunningComponent.start(localFileMatch, `path_targets = [${targets}]\n${more}`);
  const paths = (running: RunningComponent) => foundTargets(running).map((labels) => labels["__path__"]?.slice(folder.length + 1));

  it("makes a target of each file, with the labels of its pattern", async () => {
    const exclude = `${folder}/**/*.gz`;
    await using running = await start(
      `{"__path__" = "${folder}/x/**", "__path_exclude__" = "${exclude}", "job" = "a"}, {"__path__" = "${folder}/*.{log,txt}", "n" = 5}`,
    );
    await expect
      .poll(() => foundTargets(running))
      .toEqual([
        { __path__: join(folder, "x/2.log"), __path_exclude__: exclude, job: "a" },
        { __path__: join(folder, "x/y/3.txt"), __path_exclude__: exclude, job: "a" },
        { __path__: join(folder, "1.log"), n: "5" },
      ]);
  });

  it("follows files that come and go", async () => {
    await using running = await start(`{"__path__" = "${folder}/*.log"}`, 'sync_period = "50ms"');
    await expect.poll(() => paths(running)).toEqual(["1.log"]);
    write("0.log");
    await expect.poll(() => paths(running), { timeout: 10_000 }).toEqual(["0.log", "1.log"]);
    rmSync(join(folder, "0.log"));
    rmSync(join(folder, "1.log"));
    await expect.poll(() => paths(running), { timeout: 10_000 }).toEqual([]);
  });

  it("leaves out files that were not written for long", async () => {
    utimesSync(join(folder, "x/2.log"), 1e9, 1e9);
    await using running = await start(`{"__path__" = "${folder}/**/*.log"}`, 'ignore_older_than = "1h"');
    await expect.poll(() => paths(running)).toEqual(["1.log"]);
  });

  it("says what is wrong with a pattern, and finds the files of the others", async () => {
    await using running = await start(`{"__path__" = "${folder}/[a"}, {"__path__" = "${folder}/none/*"}, {"__path__" = "${folder}/1.log"}`);
    await expect.poll(() => paths(running)).toEqual(["1.log"]);
    expect(loggedErrors(running)).toEqual([`error getting paths: syntax error in pattern ${JSON.stringify(`${folder}/[a`)}`]);
  });

  it("refuses a period of 0", async () => {
    await expect(start("", 'sync_period = "0s"')).rejects.toThrow("sync_period must be greater than 0");
  });
});
