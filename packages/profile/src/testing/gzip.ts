import { gunzipSync, gzipSync } from "node:zlib";
import type { Gzip } from "../pprof/gzip.ts";

export const nodeGzip: Gzip = {
  gunzip: (data, maxBytes) => gunzipSync(data, { maxOutputLength: maxBytes }),
  gzip: (data) => gzipSync(data, { level: 1 }),
};
