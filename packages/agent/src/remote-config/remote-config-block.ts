import { httpClientFields, validateHttpClient } from "../http/client/arguments.ts";
import type { BlockDefinition, Infer } from "../schema/fields.ts";
import { attr, defineBlock } from "../schema/fields.ts";
import { duration } from "../schema/types/duration.ts";
import { map } from "../schema/types/map.ts";
import { string } from "../schema/types/string.ts";

const leastPollMs = 10_000;

/** Attribute names that the collector sets itself. */
const reservedPrefix = "collector.";

const fields = {
  url: attr(string, { doc: "Server that gives the configuration; none is asked when empty." }),
  id: attr(string, { doc: "Name of this collector for the server; its own id when empty." }),
  name: attr(string, { doc: "Name of this collector for people." }),
  attributes: attr(map(string), { doc: "What the server chooses the configuration by." }),
  poll_frequency: attr(duration, { default: 60_000, doc: "How often the server is asked; at least 10s." }),
  ...httpClientFields,
};

export type RemoteConfigArguments = Infer<typeof fields>;

/** The `remotecfg` block. Without `url` it does nothing. */
export const remoteConfigBlock: BlockDefinition<RemoteConfigArguments> = defineBlock({
  fields,
  validate(args) {
    if (args.poll_frequency < leastPollMs) return 'poll_frequency must be at least "10s"';
    const reserved = [...args.attributes.keys()].find((name) => name.startsWith(reservedPrefix));
    if (reserved !== undefined) return `${JSON.stringify(reservedPrefix)} is a reserved namespace for remotecfg attribute keys`;
    return validateHttpClient(args);
  },
});
