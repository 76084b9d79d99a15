import type { FlagValues } from "./flags/flag.ts";
import type { configFlags } from "./flags/common-flags.ts";
import { componentSources } from "../components/registry.gen.ts";
import { version } from "../identity/version.ts";
import { importKinds } from "../imports/index.ts";
import { loggingBlock } from "../log/logging-block.ts";
import { tracingBlock } from "../log/tracing-block.ts";
import type { GraphOptions } from "../runtime/index.ts";
import type { BlockDefinition } from "../schema/fields.ts";
import { serviceDeclarations } from "../server/service-declarations.ts";
import { createStandardLibrary } from "../stdlib/index.ts";

/** Blocks that configure the program itself. */
export const configBlocks = {
  logging: { name: "logging", definition: loggingBlock as BlockDefinition<unknown> },
  tracing: { name: "tracing", definition: tracingBlock as BlockDefinition<unknown> },
};

/** What a configuration may use, as the flags have it. */
export function graphOptions(flags: FlagValues<typeof configFlags>): GraphOptions {
  return {
    components: new Map(componentSources.map((source) => [source.name, source])),
    services: Object.values(serviceDeclarations),
    configBlocks: Object.values(configBlocks),
    imports: importKinds,
    standardLibrary: createStandardLibrary({ version }),
    stability: flags["stability.level"],
    communityComponents: flags["feature.community-components.enabled"],
  };
}

/** Other formats would have to be converted, which this program cannot do. */
export function formatProblem(format: string): string | undefined {
  return format === "alloy" ? undefined : `--config.format: ${JSON.stringify(format)} is not supported, only "alloy" is`;
}
