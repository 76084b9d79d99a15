import { httpClientFields, validateHttpClient, type HttpClientArguments } from "../../http/client/arguments.ts";
import { unjudgedUrl } from "../../http/client/url-type.ts";
import { attr, blocks, defineBlock, duration, type BlockDefinition, type Infer, int, list, string } from "../../schema/index.ts";
import { parseDockerHost } from "./docker-host.ts";

const filterFields = {
  name: attr(string, { required: true, doc: "What to select by, e.g. `label`: see the engine's API." }),
  values: attr(list(string), { required: true, doc: "What is selected: any of these." }),
};

export type DockerFilter = Infer<typeof filterFields>;

const filterBlock: BlockDefinition<DockerFilter> = defineBlock({ fields: filterFields });

/** What the components that ask a Docker engine have in common, but for what stands between them. */
export const dockerFields = {
  host: attr(unjudgedUrl, {
    required: true,
    doc: "The engine: `unix:///var/run/docker.sock`, `tcp://host:port`, or an `http` or `https` URL, to which the settings of the HTTP client apply.",
  }),
  port: attr(int, { default: 80, doc: "The port of targets that name none themselves." }),
  refresh_interval: attr(duration, { default: 60_000, doc: "How often the engine is asked, and how long a request may take." }),
  filter: blocks(filterBlock, { doc: "Selects what is listed. All filters have to agree." }),
  ...httpClientFields,
};

/** The rules for {@link dockerFields}. */
export function validateDocker(
  args: HttpClientArguments & { readonly host: string; readonly refresh_interval: number },
): string | undefined {
  if (args.host === "") return "host attribute must not be empty";
  try {
    parseDockerHost(args.host);
  } catch (error) {
    return `parsing host attribute: ${error instanceof Error ? error.message : String(error)}`;
  }
  return args.refresh_interval > 0 ? validateHttpClient(args) : "refresh_interval must be greater than 0";
}
