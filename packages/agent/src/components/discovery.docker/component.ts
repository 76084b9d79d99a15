import type { Component } from "../../component/index.ts";
import { defineDiscovery } from "../../discovery/define-discovery.ts";
import { DockerEngine } from "../../discovery/docker/docker-engine.ts";
import { dockerFields, validateDocker } from "../../discovery/docker/docker-fields.ts";
import { RefreshingDiscoverer } from "../../discovery/refreshing.ts";
import { httpClientFields, normalizeHttpClient } from "../../http/client/arguments.ts";
import { attr, bool, string } from "../../schema/index.ts";
import { containerTargets } from "./container-targets.ts";

const { host, port, refresh_interval, filter } = dockerFields;

export const discoveryDocker: Component = defineDiscovery({
  name: "discovery.docker",
  stability: "generally-available",
  doc:
    "Lists the running containers of a Docker engine, or of Podman's Docker-compatible socket: a target for each TCP port. While the engine does not " +
    "answer, the containers of its last answer stay in use.",
  arguments: {
    host,
    port,
    host_networking_host: attr(string, {
      default: "localhost",
      doc: "The address of containers in the host's network. A port may stand behind it.",
    }),
    refresh_interval,
    filter,
    match_first_network: attr(bool, {
      default: true,
      doc: "Of a container in several networks, only the first one by name counts; otherwise it has targets in each of them.",
    }),
    ...httpClientFields,
  },
  validate: validateDocker,
  normalize: normalizeHttpClient,
  discover(context, args) {
    const engine = new DockerEngine(context, args);
    const options = { port: args.port, hostNetworkingHost: args.host_networking_host, matchFirstNetwork: args.match_first_network };
    return new RefreshingDiscoverer(context, {
      mechanism: "docker",
      intervalMs: args.refresh_interval,
      async refresh(signal) {
        const containers = await engine.list("containers/json", signal, args.filter);
        const networks = await engine.list("networks", signal);
        return [{ source: "Docker", targets: containerTargets(containers, networks, options) }];
      },
      close: () => engine.close(),
    });
  },
});
