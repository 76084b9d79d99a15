import { existsSync } from "node:fs";
import { join } from "node:path";

/** Recorded inputs with expected outputs, beside the project or at `$FLAMELINE_FIXTURES`. Tests that need them skip by name without them. */
export const fixturesFolder: string = process.env["FLAMELINE_FIXTURES"] ?? join(import.meta.dirname, "../../../shared/fixtures");

export const fixturesExist: boolean = existsSync(fixturesFolder);
