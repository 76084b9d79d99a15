import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Says for people whose the queue in a folder is, because the folder's name does not. */
export const endpointFile = "endpoint";

/** `shownUrl` is without secrets. What the disk does not let us write is missed by nobody. */
export async function nameEndpoint(folder: string, shownUrl: string): Promise<void> {
  if ((await endpointOfFolder(folder)) === shownUrl) return;
  await writeFile(join(folder, endpointFile), `${shownUrl}\n`).catch(() => undefined);
}

/** The URL of the endpoint, as it is shown; empty when the folder does not say. */
export async function endpointOfFolder(folder: string): Promise<string> {
  return (await readFile(join(folder, endpointFile), "utf8").catch(() => "")).trim();
}
