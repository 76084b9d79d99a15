import type { Component } from "../../component/index.ts";
import { defineDiscovery } from "../../discovery/define-discovery.ts";
import { httpClientFields, normalizeHttpClient, validateHttpClient } from "../../http/client/arguments.ts";
import { url } from "../../http/client/url-type.ts";
import { attr, duration } from "../../schema/index.ts";
import { discoverOverHttp } from "./http-discoverer.ts";

export const discoveryHttp: Component = defineDiscovery({
  name: "discovery.http",
  stability: "generally-available",
  doc:
    'Asks a URL for targets: a JSON list of `{"targets": ["host:port"], "labels": {"name": "value"}}`, sent as `application/json` with status 200. ' +
    "When the answer is any other, the targets of the last good one stay in use.",
  arguments: {
    ...httpClientFields,
    refresh_interval: attr(duration, { default: 60_000, doc: "How often it asks, and how long one request may take." }),
    url: attr(url, { required: true, doc: "The URL to ask." }),
  },
  validate: (args) => (args.refresh_interval > 0 ? validateHttpClient(args) : "refresh_interval must be greater than 0"),
  normalize: normalizeHttpClient,
  showDefaults: true,
  discover: discoverOverHttp,
});
