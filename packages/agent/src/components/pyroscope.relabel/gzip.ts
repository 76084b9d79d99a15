import { constants, gunzipSync, gzipSync } from "node:zlib";
import type { Gzip } from "@flameline/profile";

/** Node's compression; packs as fast as it can, like Go's profiles. */
export const nodeGzip: Gzip = {
  gunzip: (data, maxBytes) => gunzipSync(data, { maxOutputLength: maxBytes }),
  gzip: (data) => gzipSync(data, { level: constants.Z_BEST_SPEED }),
};
