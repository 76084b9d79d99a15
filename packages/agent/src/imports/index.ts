import type { ImportKind } from "../runtime/index.ts";
import { importFile } from "./import-file.ts";
import { importGit } from "./import-git.ts";
import { importHttp } from "./import-http.ts";
import { importString } from "./import-string.ts";

/** All that a configuration can import from. */
export const importKinds: readonly ImportKind[] = [importFile, importString, importHttp, importGit];
