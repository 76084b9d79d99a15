import type { Component } from "../../component/index.ts";
import { defineDiscovery } from "../../discovery/define-discovery.ts";
import { RefreshingDiscoverer } from "../../discovery/refreshing.ts";
import { httpClientFields, normalizeHttpClient, validateHttpClient } from "../../http/client/arguments.ts";
import { createHttpClient } from "../../http/client/http-client.ts";
import { url } from "../../http/client/url-type.ts";
import { attr, duration, list, string } from "../../schema/index.ts";
import { readPods } from "./read-pods.ts";

export const discoveryKubelet: Component = defineDiscovery({
  name: "discovery.kubelet",
  stability: "generally-available",
  doc:
    "Asks the kubelet of a node for the pods on it: the targets are those of `discovery.kubernetes` with the role `pod`, without asking the API server. While " +
    "the kubelet does not answer, the pods of its last answer stay in use.",
  arguments: {
    url: attr(url, { default: "https://localhost:10250", doc: "The kubelet." }),
    refresh_interval: attr(duration, { default: 5000, doc: "How often it is asked." }),
    ...httpClientFields,
    namespaces: attr(list(string), { doc: "Namespaces; all of them when empty." }),
  },
  validate: (args) => (args.refresh_interval > 0 ? validateHttpClient(args) : "refresh_interval must be greater than 0"),
  normalize: normalizeHttpClient,
  discover(context, args) {
    const { id, metrics, identity } = context;
    const client = createHttpClient(args, { name: id, userAgent: `Prometheus/${identity.version}`, metrics });
    return new RefreshingDiscoverer(context, {
      mechanism: "kubelet",
      intervalMs: args.refresh_interval,
      refresh: (signal) => readPods(client, args, signal),
      close: () => client.close(),
    });
  },
});
