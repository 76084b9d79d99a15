import type { Labels } from "@flameline/profile";
import type { Component } from "../../component/index.ts";
import { defineDiscovery } from "../../discovery/define-discovery.ts";
import { DockerEngine } from "../../discovery/docker/docker-engine.ts";
import { type DockerFilter, dockerFields, validateDocker } from "../../discovery/docker/docker-fields.ts";
import { RefreshingDiscoverer } from "../../discovery/refreshing.ts";
import { httpClientFields, normalizeHttpClient } from "../../http/client/arguments.ts";
import { attr, string } from "../../schema/index.ts";
import { nodeTargets, serviceTargets, taskTargets } from "./swarm-targets.ts";

type Lister = (engine: DockerEngine, filters: readonly DockerFilter[], port: number, signal: AbortSignal) => Promise<readonly Labels[]>;

/** How the targets of each role are found. Filters apply to what the role is about, not to what its targets are told about others. */
const roles: ReadonlyMap<string, Lister> = new Map<string, Lister>([
  ["nodes", async (engine, filters, port, signal) => nodeTargets(await engine.list("nodes", signal, filters), port)],
  [
    "services",
    async (engine, filters, port, signal) =>
      serviceTargets(await engine.list("services", signal, filters), await engine.list("networks", signal), port),
  ],
  [
    "tasks",
    async (engine, filters, port, signal) => {
      const tasks = await engine.list("tasks", signal, filters);
      const services = await engine.list("services", signal);
      const nodes = await engine.list("nodes", signal);
      return taskTargets({ tasks, services, nodes, networks: await engine.list("networks", signal) }, port);
    },
  ],
]);

export const discoveryDockerswarm: Component = defineDiscovery({
  name: "discovery.dockerswarm",
  stability: "generally-available",
  doc:
    "Lists the nodes, services or tasks of a Docker swarm from one of its managers. While the manager does not answer, what was in its last answer stays " +
    "in use.",
  arguments: {
    host: dockerFields.host,
    role: attr(string, { required: true, doc: "What the targets are: `tasks`, `services` or `nodes`." }),
    port: dockerFields.port,
    filter: dockerFields.filter,
    refresh_interval: dockerFields.refresh_interval,
    ...httpClientFields,
  },
  validate: (args) => (roles.has(args.role) ? validateDocker(args) : `invalid role ${args.role}, expected tasks, services, or nodes`),
  normalize: normalizeHttpClient,
  discover(context, args) {
    const engine = new DockerEngine(context, args);
    const list = roles.get(args.role);
    return new RefreshingDiscoverer(context, {
      mechanism: "dockerswarm",
      intervalMs: args.refresh_interval,
      refresh: async (signal) => [{ source: "DockerSwarm", targets: (await list?.(engine, args.filter, args.port, signal)) ?? [] }],
      close: () => engine.close(),
    });
  },
});
