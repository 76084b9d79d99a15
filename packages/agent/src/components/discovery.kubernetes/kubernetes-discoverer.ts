import type { Logger } from "../../component/index.ts";
import type { Discoverer, DiscoveryContext, PublishGroups } from "../../discovery/discoverer.ts";
import { connect, type KubernetesClientArguments } from "../../kubernetes/connection/client-arguments.ts";
import { ownNamespace, ownSurroundings } from "../../kubernetes/connection/in-cluster.ts";
import type { Kind, KubernetesObject } from "../../kubernetes/objects/kubernetes-object.ts";
import type { Companion, Role } from "../../kubernetes/targets/role.ts";
import { Cluster } from "../../kubernetes/watch/cluster.ts";
import type { Selection } from "../../kubernetes/watch/informer.ts";
import { KubernetesMetrics } from "./kubernetes-metrics.ts";
import { RoleFeed } from "./role-feed.ts";
import { roles, selectableRoles } from "./roles.ts";

export interface KubernetesDiscoveryArguments extends KubernetesClientArguments {
  readonly role: string;
  readonly namespaces: { readonly own_namespace: boolean; readonly names: readonly string[] };
  readonly selectors: readonly Selector[];
  readonly attach_metadata: { readonly node: boolean; readonly namespace: boolean };
}

export interface Selector {
  readonly role: string;
  readonly label: string;
  readonly field: string;
}

/** Follows the objects of a role. Throws when there is no connection to be had with these arguments. */
export class KubernetesDiscoverer implements Discoverer {
  readonly #context: DiscoveryContext;
  readonly #args: KubernetesDiscoveryArguments;
  readonly #cluster: Cluster;
  readonly #metrics: KubernetesMetrics;
  readonly #namespaces: readonly string[];
  #feeds: readonly RoleFeed<KubernetesObject>[] = [];
  #flush: NodeJS.Immediate | undefined;

  constructor(context: DiscoveryContext, args: KubernetesDiscoveryArguments) {
    this.#context = context;
    this.#args = args;
    this.#metrics = new KubernetesMetrics(context.metrics);
    const connection = connect(args, context.log);
    const { names, own_namespace: own } = args.namespaces;
    const all = own ? [...names, ownNamespace(ownSurroundings())] : names;
    this.#namespaces = all.length === 0 ? [""] : [...new Set(all)];
    warnOfSelectors(context.log, args);
    this.#cluster = Cluster.use(connection, `Prometheus/${context.identity.version}`);
  }

  async run(publish: PublishGroups, signal: AbortSignal): Promise<void> {
    const role = roles.get(this.#args.role);
    const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    try {
      if (role !== undefined && !signal.aborted) {
        this.#feeds = this.#namespaces.map((namespace) => this.#feed(role, namespace, publish));
        for (const feed of this.#feeds) feed.start();
        await ended;
      }
    } finally {
      clearImmediate(this.#flush);
      await Promise.all(this.#feeds.map((feed) => feed.stop()));
      await this.#cluster.release();
    }
  }

  async discard(): Promise<void> {
    await this.#cluster.release();
  }

  #feed(role: Role<KubernetesObject>, namespace: string, publish: PublishGroups): RoleFeed<KubernetesObject> {
    const { health, log } = this.#context;
    const place = namespace === "" ? "" : ` in namespace ${namespace}`;
    return new RoleFeed(role, {
      attached: attachedTo(this.#args),
      watch: (kind, listener) => this.#cluster.watch(kind, this.#selection(kind, namespace), listener),
      onGroups: () => this.#schedule(publish),
      count: (name, event, by) => this.#metrics.count(name, event, by),
      failed: (kind, error) => {
        this.#metrics.failures.inc();
        health.failed(error, kind + place);
        log.error("failed to list or watch objects of Kubernetes", { resource: kind, namespace, err: error });
      },
      recovered: (kind) => health.succeeded(kind + place),
      warn: (message) => log.warn(message),
    });
  }

  #selection<T extends KubernetesObject>(kind: Kind<T>, namespace: string): Selection {
    const selector = kind.role === "namespace" ? undefined : this.#args.selectors.find(({ role }) => role === kind.role);
    return {
      namespace: kind.namespaced ? namespace : "",
      labelSelector: selector?.label ?? "",
      fieldSelector: selector?.field ?? "",
    };
  }

  /** Publishes what has changed once the events at hand are all taken, and not before every namespace has been heard of. */
  #schedule(publish: PublishGroups): void {
    this.#flush ??= setImmediate(() => {
      this.#flush = undefined;
      if (!this.#feeds.every((feed) => feed.settled)) return;
      const groups = this.#feeds.flatMap((feed) => feed.take());
      if (groups.length > 0) publish(groups);
    });
  }
}

function attachedTo({ attach_metadata: { node, namespace } }: KubernetesDiscoveryArguments): readonly Companion[] {
  return [...(node ? (["nodes"] as const) : []), ...(namespace ? (["namespaces"] as const) : [])];
}

function warnOfSelectors(log: Logger, args: KubernetesDiscoveryArguments): void {
  const role = roles.get(args.role);
  const selectable = role === undefined ? [] : selectableRoles(role, attachedTo(args));
  for (const selector of args.selectors) {
    if (selectable.includes(selector.role)) continue;
    log.warn("selector has no effect: it is for other objects", { role: args.role, selector: selector.role });
  }
}
