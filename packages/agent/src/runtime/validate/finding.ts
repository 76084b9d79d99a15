import type { Diagnostic, Located } from "@flameline/syntax";
import type { TemplateRegistry } from "../graph/templates.ts";
import type { Reference, Vertex } from "../graph/vertex.ts";

/** One body with what was found out about it. */
export interface CheckedBody {
  readonly vertices: ReadonlyMap<string, Vertex>;
  readonly references: ReadonlyMap<string, readonly Reference[]>;
  readonly templates: TemplateRegistry;
  /** What an import brings: its declares are there for others. */
  readonly library: boolean;
}

/** Something that is legal and most likely not meant. */
export function warning(place: Located, message: string): Diagnostic {
  return { severity: "warning", message, source: place.source, range: { start: place.start, end: place.end } };
}
