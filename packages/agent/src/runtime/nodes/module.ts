import type { Diagnostic, Located } from "@flameline/syntax";
import type { Value } from "../../schema/index.ts";
import type { ModuleScope } from "../controller/module-scope.ts";
import type { Template, TemplateRegistry } from "../graph/templates.ts";
import type { MetricsScope } from "../options.ts";
import type { LoadedBody, NodeContext } from "./node.ts";

/** The body of a module with what it was given. */
export interface ModuleBody {
  readonly template: Template;
  readonly args: ReadonlyMap<string, Value>;
  readonly argumentPlaces: ReadonlyMap<string, Located>;
  /** For the template of a `foreach`: what it sees of the body around it. */
  readonly outer?: ModuleScope | undefined;
}

/** What runs the body of a custom component or of an item of a `foreach`. */
export interface Module extends LoadedBody {
  /** Tries out a new body. */
  try(body: ModuleBody): Promise<ModuleTrial>;
  /** Takes new arguments for the present body. Returns what went wrong with the evaluation of something in it; that keeps what it had. */
  follow(body: Pick<ModuleBody, "args" | "outer">): Promise<readonly Diagnostic[]>;
  run(signal: AbortSignal): Promise<void>;
  dispose(): Promise<void>;
}

/** A body that was decoded, checked and built next to the one that runs. To be ended by `settle` or `revert`. */
export interface ModuleTrial {
  /** What is wrong with it as far as that is known. */
  readonly diagnostics: readonly Diagnostic[];
  /** Updates of what runs are due: `apply` comes before `settle`. */
  readonly pending: boolean;
  readonly exports: ReadonlyMap<string, Value>;
  /** Carries out the updates; with new arguments everything is evaluated. */
  apply(args?: ReadonlyMap<string, Value>): Promise<void>;
  /** Puts it in force. To be called without diagnostics only. */
  settle(): void;
  /** Goes on with the body that runs, as if there had been no trial. */
  revert(): Promise<void>;
}

/** What a node that runs modules needs from the controller that it stands in. */
export interface ModuleSurroundings extends NodeContext {
  /** The templates of the configuration in force or on trial. */
  readonly templates: () => TemplateRegistry;
  /** What the expressions of that configuration see. */
  readonly moduleScope: () => ModuleScope;
  readonly createModule: (options: ModuleOptions) => Module;
}

export interface ModuleOptions {
  /** Global id. */
  readonly id: string;
  /** Called when what the module exports has changed. */
  readonly exportsChanged?: (exports: ReadonlyMap<string, Value>) => void;
  /** Where its metrics belong, when not to those of the module around it. */
  readonly metrics?: MetricsScope;
}
