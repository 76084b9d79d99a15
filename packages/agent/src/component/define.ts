import type { BlockDefinition, Fields, Infer } from "../schema/fields.ts";
import { defineBlock } from "../schema/fields.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import type { Services } from "./services.ts";

/** Ordered: a feature may be used when its level is at least the one that `--stability.level` allows. */
export type Stability = "experimental" | "public-preview" | "generally-available";

export type HealthState = "unknown" | "healthy" | "unhealthy" | "exited";

export interface Health {
  readonly state: HealthState;
  readonly message: string;
  readonly updatedAt: Date;
  /** The cause is elsewhere and a restart would only lose what is in use: it is shown and counted, but `/-/healthy` does not fail for it. */
  readonly external?: true;
}

/** What a component gets when it is built. */
export interface ComponentContext<E> {
  /** Global id, e.g. `pyroscope.write.default` or `module.x/pyroscope.write.default`. */
  readonly id: string;
  /** A directory of its own below the storage path. Not created: a component that writes there makes it. */
  readonly dataPath: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly services: Services;
  /** Publishes all exports. Values equal to the current ones change nothing; components that refer to them are evaluated again otherwise. */
  setExports(exports: E): void;
}

/** A built component. It lives until it is removed from the configuration or the program stops. */
export interface ComponentInstance<A> {
  /**
   * Takes new arguments, called only when they differ from the present ones; never before an earlier call has ended. Throwing rejects them: the old
   * ones stay in force. When something else in the same configuration fails, a call with the old ones follows, which must be possible.
   */
  update?(args: A): void | Promise<void>;
  /**
   * Stops listening, so that another component can have its port. An `update` follows, perhaps with the same arguments, unless the component is removed. Absent:
   * it does not listen.
   */
  stepAside?(): void;
  /** Works until `signal` aborts, then releases everything and resolves. Absent: there is nothing to run, only the receiver. */
  run?(signal: AbortSignal): Promise<void>;
  /** Called instead of `run` when the instance is thrown away before it ever ran: gives back what `build` took. */
  discard?(): void | Promise<void>;
  /** The component's own view of its health, combined with the runtime's. */
  health?(): Health | undefined;
  /** The arguments as the component's page shows them, when it adds to what was configured. Absent: those that it was given. */
  arguments?(): A;
  /** Shown on the component's page; the form is the declaration's `debugInfo`. */
  debugInfo?(): unknown;
  /** Called when members of the cluster came or went. */
  clusterChanged?(): void;
}

interface DeclarationBase {
  /** As in the configuration: `pyroscope.write`. The component's folder has the same name. */
  readonly name: string;
  readonly stability: Stability;
  /** One paragraph for the reference. */
  readonly doc: string;
  /** The shape of `debugInfo()`, for pages and API. */
  readonly debugInfo?: Fields;
}

/** A component as data plus one function: the only thing to write to add one. */
export interface ComponentDeclaration<A extends Fields, E extends Fields> extends DeclarationBase {
  readonly arguments: A;
  readonly exports: E;
  /** Rules beyond types; a text is the error, used verbatim. */
  readonly validate?: (args: Infer<A>) => string | undefined;
  readonly normalize?: (args: Infer<A>) => Infer<A>;
  /** As in `BlockDefinition`. */
  readonly showDefaults?: boolean;
  /**
   * Makes an instance. May publish exports at once; must not take long, because the load of the whole configuration waits for it. Throwing means that the
   * component cannot be built: at start the program ends with that text, a reload is refused with it.
   */
  build(context: ComponentContext<Infer<E>>, args: Infer<A>): ComponentInstance<Infer<A>> | Promise<ComponentInstance<Infer<A>>>;
}

/** A declaration with its types erased, as the runtime, the generated registry and the documentation see it. */
export interface Component extends DeclarationBase {
  readonly arguments: BlockDefinition<unknown>;
  readonly exports: Fields;
  build(context: ComponentContext<unknown>, args: unknown): ComponentInstance<unknown> | Promise<ComponentInstance<unknown>>;
}

export function defineComponent<A extends Fields, E extends Fields>(declaration: ComponentDeclaration<A, E>): Component {
  const { arguments: fields, validate, normalize, showDefaults, ...rest } = declaration;
  const definition = defineBlock({
    fields,
    ...(validate && { validate }),
    ...(normalize && { normalize }),
    ...(showDefaults === true && { showDefaults }),
  });
  // The runtime hands a component only arguments that this very definition decoded.
  return { ...rest, arguments: definition } as unknown as Component;
}
