import type { Component } from "../../component/index.ts";
import { defineDiscovery } from "../../discovery/define-discovery.ts";
import { httpClientFields, normalizeHttpClient, validateHttpClient } from "../../http/client/arguments.ts";
import { attr, bool, duration, list, map, secret, string } from "../../schema/index.ts";
import { ConsulClient } from "./consul-client.ts";
import { ConsulDiscoverer } from "./consul-discoverer.ts";

export const discoveryConsul: Component = defineDiscovery({
  name: "discovery.consul",
  stability: "generally-available",
  doc: "Follows the services of a Consul: a target for each place where one runs. While Consul does not answer, what it said last stays in use.",
  arguments: {
    server: attr(string, { default: "localhost:8500", doc: "Host and port of the agent or server." }),
    token: attr(secret, { doc: "Token of the access control list." }),
    datacenter: attr(string, { doc: "The datacenter; that of the agent when empty." }),
    namespace: attr(string, { doc: "The namespace (Consul Enterprise)." }),
    partition: attr(string, { doc: "The admin partition (Consul Enterprise)." }),
    tag_separator: attr(string, { default: ",", doc: "What stands between and around the tags in `__meta_consul_tags`." }),
    scheme: attr(string, { default: "http", doc: "`http` or `https`." }),
    username: attr(string, { doc: "User name; better written as `basic_auth`." }),
    password: attr(secret, { doc: "Password; better written as `basic_auth`." }),
    allow_stale: attr(bool, { default: true, doc: "Any server may answer, not only the leader: less load, perhaps a moment late." }),
    services: attr(list(string), { doc: "Only these services; all when empty." }),
    tags: attr(list(string), { doc: "Only what has all of these tags." }),
    node_meta: attr(map(string), { doc: "Only what runs on nodes with this metadata." }),
    refresh_interval: attr(duration, { default: 30_000, doc: "The same thing is not asked again before this time." }),
    ...httpClientFields,
  },
  validate(args) {
    if (args.refresh_interval <= 0) return "refresh_interval must be greater than 0";
    if (args.username !== "" && args.basic_auth !== undefined)
      return "at most one of basic_auth and username and password must be configured";
    return validateHttpClient(args);
  },
  normalize: normalizeHttpClient,
  discover(context, args) {
    const basic = { username: args.username, password: args.password, password_file: "" };
    const client = new ConsulClient(context, {
      ...args,
      ...(args.username !== "" && { basic_auth: basic }),
      scope: { dc: args.datacenter, ns: args.namespace, partition: args.partition },
      allowStale: args.allow_stale,
    });
    return new ConsulDiscoverer(context, client, {
      services: args.services,
      tags: args.tags,
      nodeMeta: args.node_meta,
      datacenter: args.datacenter,
      tagSeparator: args.tag_separator,
      intervalMs: args.refresh_interval,
    });
  },
});
