import { type Component, type Stability, defineComponent } from "../component/index.ts";
import { targets } from "../component/target.ts";
import { type Fields, type Infer, attr } from "../schema/index.ts";
import type { Discoverer, DiscoveryContext } from "./discoverer.ts";
import { DiscoveryInstance } from "./discovery-instance.ts";

interface DiscoveryDeclaration<A extends Fields> {
  readonly name: string;
  readonly stability: Stability;
  readonly doc: string;
  readonly arguments: A;
  readonly validate?: (args: Infer<A>) => string | undefined;
  readonly normalize?: (args: Infer<A>) => Infer<A>;
  readonly showDefaults?: boolean;
  /** Changes that come faster than this are exported together, milliseconds; five seconds when absent. */
  readonly exportGapMs?: number;
  /** Throwing means that these arguments cannot be used: the component is not built, or goes on as before. */
  readonly discover: (context: DiscoveryContext, args: Infer<A>) => Discoverer<Infer<A>>;
}

/** A component that exports the targets which a discoverer finds. */
export function defineDiscovery<A extends Fields>({ discover, exportGapMs, ...declaration }: DiscoveryDeclaration<A>): Component {
  return defineComponent({
    ...declaration,
    exports: { targets: attr(targets, { doc: "What was found, sorted by where it comes from." }) },
    build: (context, args) => new DiscoveryInstance(context, { discover, exportGapMs }, args),
  });
}
