import { goPlatform } from "./platform.ts";
import { readSeed } from "./seed-file.ts";
import { version } from "./version.ts";
import type { Identity } from "../component/services.ts";

const deployModes = new Set(["operator", "helm", "docker", "deb", "rpm", "brew"]);

/**
 * Who this collector is. Creates the storage directory when it does not exist; an empty path means that nothing is stored and the id lasts as long as
 * the process.
 * @throws Error when the storage directory cannot be made or used.
 */
export async function loadIdentity(storagePath: string, listenAddress: string): Promise<Identity> {
  return { uid: await readSeed(storagePath), version, userAgent: userAgent(process.env["ALLOY_DEPLOY_MODE"]), listenAddress };
}

/** `flameline/v0.1.0 (linux; binary)`, the form in which the reference names itself; the mode says how the program was installed. */
export function userAgent(deployMode: string | undefined): string {
  const mode = deployMode !== undefined && deployModes.has(deployMode) ? deployMode : "binary";
  return `flameline/${version} (${goPlatform.os}; ${mode})`;
}
