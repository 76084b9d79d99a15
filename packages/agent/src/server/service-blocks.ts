import type { BlockDefinition, Infer } from "../schema/fields.ts";
import { attr, defineBlock } from "../schema/fields.ts";
import { bool } from "../schema/types/bool.ts";

const livedebugging = { enabled: attr(bool, { doc: "Whether data on its way can be looked at live." }) };

export type LiveDebuggingArguments = Infer<typeof livedebugging>;

export const liveDebuggingBlock: BlockDefinition<LiveDebuggingArguments> = defineBlock({ fields: livedebugging });
