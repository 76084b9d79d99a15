import type { BlockDefinition, Infer } from "../schema/fields.ts";
import { attr, defineBlock } from "../schema/fields.ts";
import { bool } from "../schema/types/bool.ts";
import { httpBlock } from "./http-block.ts";
import { remoteConfigBlock } from "../remote-config/remote-config-block.ts";

/** What is known of a service without running it: enough to check a configuration. */
export interface ServiceDeclaration {
  readonly name: string;
  /** Absent: the block is refused. */
  readonly definition?: BlockDefinition<unknown>;
  readonly dependsOn?: readonly string[];
}

const liveDebugging = { enabled: attr(bool, { doc: "Whether data on its way can be looked at live." }) };

export type LiveDebuggingArguments = Infer<typeof liveDebugging>;

/** The services of the program; the names are the reference's, so that a block for one that takes no settings is refused as there. */
export const serviceDeclarations = {
  remotecfg: declare("remotecfg", remoteConfigBlock),
  http: declare("http", httpBlock, ["remotecfg"]),
  livedebugging: declare("livedebugging", defineBlock({ fields: liveDebugging })),
  cluster: declare("cluster", undefined, ["http"]),
  labelstore: declare("labelstore"),
  otel: declare("otel"),
  ui: declare("ui", undefined, ["http", "livedebugging", "remotecfg"]),
};

function declare<T>(name: string, definition?: BlockDefinition<T>, dependsOn: readonly string[] = []): ServiceDeclaration {
  // A service is only ever given what its own definition decoded.
  return definition === undefined ? { name, dependsOn } : { name, dependsOn, definition: definition as BlockDefinition<unknown> };
}
