import { getHeapStatistics } from "node:v8";
import { readInterfaceBytes, readProcessFacts, readProcessNetwork } from "./process-facts.ts";
import type { MetricsScope } from "./registry.ts";

export interface BuildFacts {
  readonly version: string;
  readonly os: string;
  readonly arch: string;
}

/** Metrics of the program as a process. Names are the reference's where they mean the same; `nodejs_*` stands for what is `go_*` there. */
export function registerProgramMetrics(scope: MetricsScope, build: BuildFacts): void {
  registerBuildInfo(scope, build);
  registerProcess(scope);
  registerResources(scope);
  registerRuntime(scope);
}

function registerBuildInfo(scope: MetricsScope, { version, os, arch }: BuildFacts): void {
  const help = "Always 1; the labels say which version runs, on which runtime (goversion), system and architecture.";
  const labels = ["branch", "goarch", "goos", "goversion", "revision", "tags", "version"] as const;
  const values = { branch: "", goarch: arch, goos: os, goversion: `node${process.versions.node}`, revision: "", tags: "", version };
  scope.gauge({ name: "alloy_build_info", help, labels }).with(values).set(1);
}

function registerProcess(scope: MetricsScope): void {
  const gauge = gaugeSetter(scope);
  const cpu = scope.counter({ name: "process_cpu_seconds_total", help: "Total user and system CPU time spent in seconds." }).with({});
  const network = networkCounters(scope, {
    received: ["process_network_receive_bytes_total", "Number of bytes received by the process over the network."],
    sent: ["process_network_transmit_bytes_total", "Number of bytes sent by the process over the network."],
  });
  scope.onCollect(() => {
    const facts = readProcessFacts();
    cpu.advanceTo(facts.cpuSeconds);
    gauge("process_resident_memory_bytes", "Resident memory size in bytes.", facts.residentBytes);
    gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", facts.virtualBytes);
    gauge("process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes.", facts.virtualLimitBytes);
    gauge("process_open_fds", "Number of open file descriptors.", facts.openFiles);
    gauge("process_max_fds", "Maximum number of open file descriptors.", facts.openFilesLimit);
    gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", facts.startedAt);
    network(readProcessNetwork());
  });
}

function registerResources(scope: MetricsScope): void {
  const gauge = gaugeSetter(scope);
  const cpu = scope.counter({
    name: "alloy_resources_process_cpu_seconds_total",
    help: "Total user and system CPU time spent in seconds.",
  });
  const network = networkCounters(scope, {
    received: ["alloy_resources_machine_rx_bytes_total", "Total bytes, host-wide, received across all network interfaces."],
    sent: ["alloy_resources_machine_tx_bytes_total", "Total bytes, host-wide, sent across all network interfaces."],
  });
  const series = cpu.with({});
  scope.onCollect(() => {
    const facts = readProcessFacts();
    series.advanceTo(facts.cpuSeconds);
    gauge("alloy_resources_process_resident_memory_bytes", "Resident memory size in bytes.", facts.residentBytes);
    gauge("alloy_resources_process_virtual_memory_bytes", "Virtual memory size in bytes.", facts.virtualBytes);
    gauge("alloy_resources_process_start_time_seconds", "Start time of the process since unix epoch in seconds.", facts.startedAt);
    network(readInterfaceBytes());
  });
}

function registerRuntime(scope: MetricsScope): void {
  const gauge = gaugeSetter(scope);
  const help = "Always 1; the label says which Node.js runs the program.";
  scope
    .gauge({ name: "nodejs_version_info", help, labels: ["version"] })
    .with({ version: process.version })
    .set(1);
  const active = scope
    .counter({ name: "nodejs_eventloop_active_seconds_total", help: "Time in which the event loop was at work." })
    .with({});
  const idle = scope
    .counter({ name: "nodejs_eventloop_idle_seconds_total", help: "Time in which the event loop waited for events." })
    .with({});
  scope.onCollect(() => {
    const heap = getHeapStatistics();
    const loop = performance.eventLoopUtilization();
    gauge("nodejs_heap_size_used_bytes", "JavaScript heap in use.", heap.used_heap_size);
    gauge("nodejs_heap_size_total_bytes", "JavaScript heap taken from the system.", heap.total_heap_size);
    gauge("nodejs_heap_size_limit_bytes", "Size at which the JavaScript heap cannot grow any more.", heap.heap_size_limit);
    gauge("nodejs_external_memory_bytes", "Memory of buffers outside the JavaScript heap.", heap.external_memory);
    active.advanceTo(loop.active / 1000);
    idle.advanceTo(loop.idle / 1000);
  });
}

/** Sets a gauge without labels, unless the system does not tell the value. */
function gaugeSetter(scope: MetricsScope): (name: string, help: string, value: number | undefined) => void {
  return (name, help, value) => {
    if (value !== undefined) scope.gauge({ name, help }).with({}).set(value);
  };
}

type NameAndHelp = readonly [name: string, help: string];

function networkCounters(
  scope: MetricsScope,
  names: { readonly received: NameAndHelp; readonly sent: NameAndHelp },
): (bytes: { readonly received: number; readonly sent: number } | undefined) => void {
  return (bytes) => {
    if (bytes === undefined) return;
    for (const direction of ["received", "sent"] as const) {
      const [name, help] = names[direction];
      scope.counter({ name, help }).with({}).advanceTo(bytes[direction]);
    }
  };
}
