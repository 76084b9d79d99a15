import type { Component } from "../../component/index.ts";
import { defineDiscovery } from "../../discovery/define-discovery.ts";
import { httpClientFields, normalizeHttpClient, validateHttpClient } from "../../http/client/arguments.ts";
import { unjudgedUrl } from "../../http/client/url-type.ts";
import { attr, bool, duration, string } from "../../schema/index.ts";
import { discoverWithNomad } from "./nomad-discoverer.ts";

export const discoveryNomad: Component = defineDiscovery({
  name: "discovery.nomad",
  stability: "generally-available",
  doc: "Lists the services that are registered in Nomad itself: a target for each place where one runs. While Nomad does not answer, its last answer stays in use.",
  arguments: {
    allow_stale: attr(bool, { default: true, doc: "Any server may answer, not only the leader: less load, perhaps a moment late." }),
    ...httpClientFields,
    namespace: attr(string, { default: "default", doc: "The namespace; `*` for all." }),
    refresh_interval: attr(duration, { default: 60_000, doc: "How often Nomad is asked, and how long a request may take." }),
    region: attr(string, { default: "global", doc: "The region." }),
    server: attr(unjudgedUrl, { default: "http://localhost:4646", doc: "URL of the agent or server." }),
    tag_separator: attr(string, { default: ",", doc: "What stands between and around the tags in `__meta_nomad_tags`." }),
  },
  validate(args) {
    if (args.server.trim() === "") return "nomad SD configuration requires a server address";
    return args.refresh_interval > 0 ? validateHttpClient(args) : "refresh_interval must be greater than 0";
  },
  normalize: normalizeHttpClient,
  discover: discoverWithNomad,
});
