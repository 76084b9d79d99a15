import { hostname } from "node:os";
import { arch, platform } from "node:process";
import type { Value } from "../schema/index.ts";

const systems: ReadonlyMap<string, string> = new Map([
  ["win32", "windows"],
  ["sunos", "solaris"],
]);
const architectures: ReadonlyMap<string, string> = new Map([
  ["x64", "amd64"],
  ["ia32", "386"],
  ["mipsel", "mipsle"],
]);
const semanticVersion = /^v?(\d+\.\d+\.\d+(?:[-+].*)?)$/;

/** Names of systems and processors are Go's. A version that is no semantic one is given as it is. */
export function createConstants(version: string): Value {
  const [, plain] = semanticVersion.exec(version) ?? [];
  return new Map<string, Value>([
    ["arch", architectures.get(arch) ?? arch],
    ["hostname", hostName()],
    ["os", systems.get(platform) ?? platform],
    ["version", version === "" ? "v0.0.0" : plain === undefined ? version : `v${plain}`],
  ]);
}

function hostName(): string {
  try {
    return hostname();
  } catch {
    // Without a name the constant is empty, as in the reference.
    return "";
  }
}
