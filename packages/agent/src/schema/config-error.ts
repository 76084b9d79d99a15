import { type Diagnostic, summarize } from "@flameline/syntax";

/** Problems with a place in the configuration. */
export class DiagnosticError extends Error {
  override readonly name = "DiagnosticError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(summarize(diagnostics));
    this.diagnostics = diagnostics;
  }
}

/** A problem of a block as a whole: something required is missing, or its arguments contradict each other. Who decodes knows the block's place. */
export class BlockError extends Error {
  override readonly name = "BlockError";
}
