import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { discoverWithPrometheus } from "../../../../../tests/support/prometheus.ts";
import { findPart } from "../../../../../tests/support/real-parts.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { foundAddresses, foundTargets, loggedErrors } from "../../discovery/testing/found-targets.ts";
import { discoveryFile } from "./component.ts";

const list = (...addresses: readonly string[]) => JSON.stringify([{ targets: addresses }]);

/** Exports come at most every five seconds. */
const patience = { timeout: 10_000 };

describe("discovery.file", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "discovery-file-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, content: string): void => writeFileSync(join(folder, name), content);
  const start = (...patterns: readonly string[]) =>
    RunningComponent.start(discoveryFile, `files = ${JSON.stringify(patterns.map((pattern) => join(folder, pattern)))}`);
  const readErrors = (running: RunningComponent) => running.metric("prometheus_sd_file_read_errors_total");

  it("reads JSON and YAML files by patterns, sorted by path, and exports all of them at once", async () => {
    write("b.yml", '- targets: ["b:1", b:2]\n  labels: {n: 5, b: true}\n');
    write("a.json", '[{"targets":["a:1"],"labels":{"x":"1"}},{"targets":["a:1"]}]');
    write("c.YAML", "- targets: [c:1]\n");
    await using running = await start("*.yml", "a.json", "?.YAML", "none*.json");
    await expect.poll(() => running.published.length).toBe(2);
    const path = (name: string) => ({ __meta_filepath: join(folder, name) });
    expect(foundTargets(running)).toEqual([
      { __address__: "a:1", x: "1", ...path("a.json") },
      { __address__: "a:1", ...path("a.json") },
      { __address__: "b:1", n: "5", b: "true", ...path("b.yml") },
      { __address__: "b:2", n: "5", b: "true", ...path("b.yml") },
      { __address__: "c:1", ...path("c.YAML") },
    ]);
    expect(readErrors(running)).toBe(0);
    expect(running.metrics).toContain(`prometheus_sd_file_mtime_seconds{filename="${join(folder, "a.json")}"}`);
    expect(running.metric("prometheus_sd_file_scan_duration_seconds_count")).toBe(1);
  });

  it.skipIf(findPart("prometheus") === undefined)("finds what Prometheus finds (needs prometheus)", { timeout: 40_000 }, async () => {
    write("a.json", '[{"targets":["a:1","[::1]:2"],"labels":{"x":"1","__meta_own":"é"}},{"targets":["b:1"],"labels":null}]');
    write("b.yml", "- targets: [c:1]\n  labels: {n: 0x10, f: 1.50, b: yes}\n- targets: []\n");
    const config = `file_sd_configs:\n- files: ["${folder}/*.json", "${folder}/*.yml"]`;
    const expected = await discoverWithPrometheus(config, 4);
    await using running = await start("*.json", "*.yml");
    await expect.poll(() => foundTargets(running).length).toBe(4);
    expect(foundTargets(running)).toEqual(expect.arrayContaining([...expected]));
  });

  it("follows files that are written, replaced, removed and there again", { timeout: 60_000 }, async () => {
    await using running = await start("*.json");
    await sleep(300);
    write("a.json", list("written:1"));
    await expect.poll(() => foundAddresses(running), patience).toEqual(["written:1"]);
    write("new", list("renamed:1"));
    renameSync(join(folder, "new"), join(folder, "a.json"));
    await expect.poll(() => foundAddresses(running), patience).toEqual(["renamed:1"]);
    unlinkSync(join(folder, "a.json"));
    await expect.poll(() => foundAddresses(running), patience).toEqual([]);
    write("a.json", list("again:1"));
    await expect.poll(() => foundAddresses(running), patience).toEqual(["again:1"]);
  });

  it("follows a link that is made to lead elsewhere, as Kubernetes does with config maps", { timeout: 30_000 }, async () => {
    const version = (name: string, address: string): void => {
      mkdirSync(join(folder, name));
      write(`${name}/targets.json`, list(address));
      symlinkSync(name, join(folder, "..data_tmp"));
      renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    };
    version("..v1", "one:1");
    symlinkSync("..data/targets.json", join(folder, "targets.json"));
    await using running = await start("*.json");
    await expect.poll(() => foundAddresses(running)).toEqual(["one:1"]);
    version("..v2", "two:1");
    rmSync(join(folder, "..v1"), { recursive: true });
    await expect.poll(() => foundAddresses(running), patience).toEqual(["two:1"]);
  });

  it("finds files in directories that come later, when the time has come", async () => {
    await using running = await RunningComponent.start(discoveryFile, `files = ["${folder}/*/t.json"]\nrefresh_interval = "200ms"`);
    mkdirSync(join(folder, "sub"));
    write("sub/t.json", list("sub:1"));
    await expect.poll(() => foundAddresses(running), patience).toEqual(["sub:1"]);
  });

  it("keeps the targets of a file that is half written, broken or unreadable, and says so", { timeout: 30_000 }, async () => {
    write("a.json", list("a:1"));
    write("b.json", list("b:1"));
    await using running = await start("*.json");
    await expect.poll(() => foundAddresses(running)).toEqual(["a:1", "b:1"]);
    truncateSync(join(folder, "a.json"), 10);
    await expect.poll(() => readErrors(running)).toBe(1);
    expect(loggedErrors(running)).toEqual(['Error reading file: "unexpected end of JSON input"']);
    expect(foundAddresses(running)).toEqual(["a:1", "b:1"]);
    rmSync(join(folder, "b.json"));
    mkdirSync(join(folder, "b.json"));
    await expect.poll(() => loggedErrors(running).join(), patience).toContain("is a directory");
    expect(foundAddresses(running)).toEqual(["a:1", "b:1"]);
  });

  it("judges what a pattern leaves open file by file", async () => {
    write("a.json", list("a:1"));
    write("b.txt", "text");
    await using running = await start("*");
    await expect.poll(() => foundAddresses(running)).toEqual(["a:1"]);
    expect(loggedErrors(running)).toEqual(['Error reading file: "unknown file extension \\".txt\\": use .json, .yml or .yaml"']);
  });

  it("refuses a file that is too large, without reading all of it", async () => {
    write("big.json", list("a:1"));
    truncateSync(join(folder, "big.json"), 100 << 20);
    await using running = await start("*.json");
    await expect.poll(() => loggedErrors(running).join()).toContain("is larger than 67108864 bytes");
  });

  it.each(["targets.txt", "targets", "*.conf", "dir.json/x"])("refuses %j, whose targets could never be read", async (pattern) => {
    await expect(RunningComponent.start(discoveryFile, `files = ["${pattern}"]`)).rejects.toThrow(
      `path name "${pattern}" is not valid for file discovery`,
    );
  });
});
