import { readdirSync, readFileSync } from "node:fs";

/** What the kernel tells of this process; a member is undefined where the system does not tell it. */
export interface ProcessFacts {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly virtualBytes: number | undefined;
  readonly virtualLimitBytes: number | undefined;
  readonly openFiles: number | undefined;
  readonly openFilesLimit: number | undefined;
  /** Seconds since 1970. */
  readonly startedAt: number;
}

export interface NetworkBytes {
  readonly received: number;
  readonly sent: number;
}

export function readProcessFacts(): ProcessFacts {
  const { user, system } = process.cpuUsage();
  const limits = readProc("/proc/self/limits");
  const virtualKilobytes = /^VmSize:\s+(\d+) kB$/m.exec(readProc("/proc/self/status"))?.[1];
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    virtualBytes: virtualKilobytes === undefined ? undefined : Number(virtualKilobytes) * 1024,
    virtualLimitBytes: softLimit(limits, "Max address space"),
    openFiles: countOpenFiles(),
    openFilesLimit: softLimit(limits, "Max open files"),
    startedAt: performance.timeOrigin / 1000,
  };
}

/** Bytes of all IP packets in the process's network namespace, from proc_pid_net(5) `netstat`. */
export function readProcessNetwork(): NetworkBytes | undefined {
  const [names, values] = readProc("/proc/self/net/netstat")
    .split("\n")
    .filter((line) => line.startsWith("IpExt: "))
    .map((line) => line.split(" "));
  const valueOf = (name: string): number => Number(values?.[names?.indexOf(name) ?? -1]);
  const bytes = { received: valueOf("InOctets"), sent: valueOf("OutOctets") };
  return Number.isNaN(bytes.received + bytes.sent) ? undefined : bytes;
}

/** Bytes over all network interfaces, from proc_pid_net(5) `dev`. */
export function readInterfaceBytes(): NetworkBytes | undefined {
  const rows = [...readProc("/proc/self/net/dev").matchAll(/^\s*\S+:\s*(.*)$/gm)].map(([, row = ""]) =>
    row.trim().split(/\s+/).map(Number),
  );
  if (rows.length === 0) return undefined;
  const sum = (column: number): number => rows.reduce((total, row) => total + (row[column] ?? 0), 0);
  return { received: sum(0), sent: sum(8) };
}

function softLimit(limits: string, name: string): number | undefined {
  const value = new RegExp(`^${name}\\s+(\\S+)`, "m").exec(limits)?.[1];
  if (value === undefined) return undefined;
  return value === "unlimited" ? 2 ** 64 : Number(value);
}

function countOpenFiles(): number | undefined {
  try {
    // The listing itself holds one.
    return readdirSync("/proc/self/fd").length - 1;
  } catch {
    return undefined;
  }
}

/** Empty where the file does not exist: on systems other than Linux. */
function readProc(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
