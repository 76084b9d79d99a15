import { open } from "node:fs/promises";

/**
 * The content of a file of at most `limit` bytes.
 * @throws Error of the system when it cannot be read, `RangeError` when it is longer.
 */
export async function readLimited(path: string, limit: number): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const chunks: Uint8Array[] = [];
    let size = 0;
    // The size that the system tells is 0 for files that are made while they are read, and may be out of date for others.
    for await (const chunk of file.createReadStream({ autoClose: false, end: limit })) {
      chunks.push(chunk as Uint8Array);
      size += (chunk as Uint8Array).length;
    }
    if (size > limit) throw new RangeError(`${path} is larger than ${limit} bytes`);
    return Buffer.concat(chunks);
  } finally {
    await file.close();
  }
}
