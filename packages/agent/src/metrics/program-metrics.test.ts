import { expect, it } from "vitest";
import { registerProgramMetrics } from "./program-metrics.ts";
import { MetricsRegistry } from "./registry.ts";

function render(): Map<string, number> {
  const registry = new MetricsRegistry();
  registerProgramMetrics(registry.scope(), { version: "v1.2.3", os: "linux", arch: "amd64" });
  const samples = registry
    .render()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

it("registerProgramMetrics() tells what the process and its host use", () => {
  const samples = render();
  const value = (name: string): number => samples.get(name) ?? Number.NaN;
  for (const prefix of ["process", "alloy_resources_process"]) {
    expect(value(`${prefix}_resident_memory_bytes`)).toBeCloseTo(process.memoryUsage.rss(), -8);
    expect(value(`${prefix}_cpu_seconds_total`)).toBeGreaterThan(0);
    expect(Math.abs(value(`${prefix}_start_time_seconds`) - (Date.now() / 1000 - process.uptime()))).toBeLessThan(2);
  }
  expect(value("nodejs_heap_size_used_bytes")).toBeGreaterThan(1e6);
  expect(value(`nodejs_version_info{version="${process.version}"}`)).toBe(1);
  expect([...samples.keys()].find((name) => name.startsWith("alloy_build_info"))).toContain('goarch="amd64",goos="linux"');
});

it.runIf(process.platform === "linux")("registerProgramMetrics() tells what only Linux tells", () => {
  const samples = render();
  const names = ["process_virtual_memory_bytes", "process_open_fds", "process_max_fds", "alloy_resources_machine_rx_bytes_total"];
  for (const name of [...names, "process_network_receive_bytes_total", "process_virtual_memory_max_bytes"]) {
    expect(samples.get(name), name).toBeGreaterThanOrEqual(0);
  }
  expect(samples.get("process_open_fds")).toBeLessThan(1000);
});
