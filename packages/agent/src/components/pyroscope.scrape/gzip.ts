import { promisify } from "node:util";
import { constants, gunzip as gunzipCallback, gunzipSync, gzipSync } from "node:zlib";
import type { Gzip } from "@flameline/profile";

const gunzipAsync = promisify(gunzipCallback);

/** So many packed bytes are unpacked for a look at the beginning. */
const headBytes = 512;

/** Node's compression; packs as fast as it can, like Go's profiles. */
export const nodeGzip: Gzip = {
  gunzip: (data, maxBytes) => gunzipSync(data, { maxOutputLength: maxBytes }),
  gzip: (data) => gzipSync(data, { level: constants.Z_BEST_SPEED }),
};

/** Unpacks apart from the main thread. Rejects when the data is damaged or holds more than `maxBytes`, whatever size it claims. */
export function gunzip(data: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  return gunzipAsync(data, { maxOutputLength: maxBytes });
}

/** The beginning of what is packed; at most about half a megabyte. @throws when the data is damaged there. */
export function gunzipHead(data: Uint8Array): Uint8Array {
  return gunzipSync(data.subarray(0, headBytes), { finishFlush: constants.Z_SYNC_FLUSH });
}
