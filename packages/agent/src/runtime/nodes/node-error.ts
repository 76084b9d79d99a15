import type { Diagnostic } from "@flameline/syntax";
import { errorAt, summarize } from "@flameline/syntax";
import { DiagnosticError } from "../../schema/index.ts";
import type { Vertex } from "../graph/vertex.ts";

/** Why a node could not be evaluated. `message` is one line; `diagnostics` are there when places in the configuration are to blame. */
export class NodeError extends Error {
  override readonly name = "NodeError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(message: string, diagnostics: readonly Diagnostic[] = [], cause?: unknown) {
    super(message, { cause });
    this.diagnostics = diagnostics;
  }

  /** For a load that failed. */
  static ofDiagnostics(prefix: string, diagnostics: readonly Diagnostic[]): NodeError {
    return new NodeError(`${prefix}: ${summarize(diagnostics)}`, diagnostics);
  }

  /** Anything thrown as an error of a node; `prefix` says what was being done. */
  static of(prefix: string, error: unknown): NodeError {
    const diagnostics = error instanceof DiagnosticError || error instanceof NodeError ? error.diagnostics : [];
    return new NodeError(`${prefix}: ${errorText(error)}`, diagnostics, error);
  }
}

/** Runs `work`; what it throws becomes a {@link NodeError} that says what was being done. */
export function attempt<T>(doing: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw NodeError.of(doing, error);
  }
}

export async function attemptAsync<T>(doing: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw NodeError.of(doing, error);
  }
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const failedKinds: Readonly<Record<Vertex["kind"], string>> = {
  component: "Failed to build component",
  custom: "Failed to build component",
  foreach: "Failed to build component",
  import: "Failed to evaluate node for config block",
  service: "Failed to evaluate service",
  config: "Failed to evaluate node for config block",
  argument: "Failed to evaluate node for config block",
  export: "Failed to evaluate node for config block",
  declare: "Failed to evaluate node for config block",
};

/** What to report for a node that failed during a load: the diagnostics at hand, or one over its whole block. */
export function describeFailure(vertex: Vertex, failure: NodeError): readonly Diagnostic[] {
  const placed = vertex.kind === "component" || vertex.kind === "custom" || vertex.kind === "foreach" || vertex.kind === "service";
  if (placed && failure.diagnostics.length > 0) return failure.diagnostics;
  const message = `${failedKinds[vertex.kind]}: ${failure.message}`;
  return [vertex.block === undefined ? { severity: "error", message } : errorAt(vertex.block, message)];
}
