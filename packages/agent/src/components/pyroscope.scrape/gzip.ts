import { promisify } from "node:util";
import { constants, gunzip as gunzipCallback, gunzipSync, gzipSync } from "node:zlib";
import type { Gzip } from "@flameline/profile";
import { codeOf } from "../../http/errno.ts";

const gunzipAsync = promisify(gunzipCallback);

/** The largest piece that is packed or unpacked at once. */
const maxChunkBytes = 1024 * 1024;

/** What is packed and not larger is unpacked at once, unless it claims to be more than a piece. */
const maxSmallBytes = 64 * 1024;

/** So many packed bytes are unpacked for a look at the beginning. */
const headBytes = 512;

/** Node's compression; packs as fast as it can, like Go's profiles. */
export const nodeGzip: Gzip = {
  gunzip: (data, maxBytes) => gunzipSync(data, { maxOutputLength: maxBytes }),
  gzip: (data) => gzipSync(data, { level: constants.Z_BEST_SPEED, memLevel: constants.Z_MAX_MEMLEVEL, chunkSize: packedChunkBytes(data) }),
};

/** Most profiles fit in half of their size. What is packed keeps the whole piece that it was packed into. */
function packedChunkBytes(data: Uint8Array): number {
  return Math.min(Math.max(data.length >>> 1, 1024), maxChunkBytes);
}

/**
 * Unpacks, what is large apart from the main thread. Rejects when the data is damaged or holds more than `maxBytes`, whatever size it claims.
 *
 * What is small takes a fraction of a millisecond; on its way to a thread and back it would take longer and, when thousands of targets are scraped, many would be
 * in memory at the same time.
 */
export async function gunzip(data: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const chunkSize = unpackedChunkBytes(data);
  const claimed = Math.min(chunkSize, maxBytes);
  const small =
    data.length <= maxSmallBytes && chunkSize < maxChunkBytes ? gunzipAtOnce(data, { chunkSize, maxOutputLength: claimed }) : undefined;
  return small ?? gunzipAsync(data, { maxOutputLength: maxBytes, chunkSize: maxChunkBytes });
}

/** Undefined when it holds more than `maxOutputLength`, whatever size it claims. */
function gunzipAtOnce(data: Uint8Array, options: { readonly chunkSize: number; readonly maxOutputLength: number }): Uint8Array | undefined {
  try {
    return gunzipSync(data, options);
  } catch (error) {
    if (codeOf(error) === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw error;
  }
}

/**
 * Room for all that the gzip claims to hold (its last four bytes), within bounds: each further piece is another way to a thread and back, which costs more than the
 * unpacking of a small profile.
 */
function unpackedChunkBytes(data: Uint8Array): number {
  const claimed = data.length < 18 ? 0 : new DataView(data.buffer, data.byteOffset).getUint32(data.length - 4, true);
  return Math.min(Math.max(claimed + 64, 1024), maxChunkBytes);
}

/** The beginning of what is packed; at most about half a megabyte. @throws when the data is damaged there. */
export function gunzipHead(data: Uint8Array): Uint8Array {
  return gunzipSync(data.subarray(0, headBytes), { finishFlush: constants.Z_SYNC_FLUSH });
}
