import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { version } from "./version.ts";

/** The reference's name: a storage directory can be taken over with the id of the collector that wrote it. */
const fileName = "alloy_seed.json";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The id kept in the storage directory, made on the first start. A file that holds no id is replaced.
 * @throws Error when the directory cannot be made, read or written.
 */
export async function readSeed(storagePath: string): Promise<string> {
  if (storagePath === "") return randomUUID();
  try {
    await mkdir(storagePath, { recursive: true });
    const path = join(storagePath, fileName);
    return (await readUid(path)) ?? (await writeNewSeed(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`storage path ${JSON.stringify(storagePath)} cannot be used: ${reason}`, { cause: error });
  }
}

async function readUid(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  return uidOf(text);
}

function uidOf(text: string): string | undefined {
  let seed: unknown;
  try {
    seed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const uid = typeof seed === "object" && seed !== null && "UID" in seed ? seed.UID : undefined;
  return typeof uid === "string" && uuid.test(uid) ? uid : undefined;
}

async function writeNewSeed(path: string): Promise<string> {
  const uid = randomUUID();
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify({ UID: uid, created_at: new Date().toISOString(), version })}\n`);
  await rename(temporary, path);
  return uid;
}
