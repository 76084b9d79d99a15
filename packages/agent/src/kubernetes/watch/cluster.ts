import { KubernetesClient } from "../client/kubernetes-client.ts";
import { type Connection, connectionKey } from "../connection/connection.ts";
import type { Kind, KubernetesObject } from "../objects/kubernetes-object.ts";
import { Informer, type InformerListener, type Selection } from "./informer.ts";

/** An informer that runs, and how many listen to it. */
interface Shared {
  readonly informer: Informer<never>;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  listeners: number;
}

/**
 * One API server as one identity sees it. Whoever watches the same objects of it shares an informer: one list, one watch, one copy in memory. Both live as
 * long as somebody uses them.
 */
export class Cluster {
  static readonly #known = new Map<string, Cluster>();

  readonly #key: string;
  readonly #client: KubernetesClient;
  readonly #informers = new Map<string, Shared>();
  #users = 0;

  private constructor(key: string, client: KubernetesClient) {
    this.#key = key;
    this.#client = client;
  }

  /** The cluster behind a connection; to be given back with {@link release}. Throws when the connection's settings cannot be used. */
  static use(connection: Connection, userAgent: string): Cluster {
    const key = connectionKey(connection);
    let cluster = Cluster.#known.get(key);
    if (cluster === undefined) {
      cluster = new Cluster(key, new KubernetesClient(connection, { name: "kubernetes_sd", userAgent }));
      Cluster.#known.set(key, cluster);
    }
    cluster.#users += 1;
    return cluster;
  }

  /** Resolves when nothing of it is left, or at once while others use it. */
  async release(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    Cluster.#known.delete(this.#key);
    await this.#client.close();
  }

  /** Starts listening to the informer for these objects. What it returns ends that. */
  watch<T extends KubernetesObject>(kind: Kind<T>, selection: Selection, listener: InformerListener<T>): Watching<T> {
    const key = JSON.stringify([kind.group, kind.name, selection.namespace, selection.labelSelector, selection.fieldSelector]);
    const shared = this.#informers.get(key) ?? this.#start(key, kind, selection);
    const informer = shared.informer as unknown as Informer<T>;
    shared.listeners += 1;
    informer.listen(listener);
    return {
      informer,
      end: async () => {
        informer.unlisten(listener);
        shared.listeners -= 1;
        if (shared.listeners > 0) return;
        this.#informers.delete(key);
        shared.stop.abort();
        await shared.ended;
      },
    };
  }

  #start<T extends KubernetesObject>(key: string, kind: Kind<T>, selection: Selection): Shared {
    const informer = new Informer(this.#client, kind, selection);
    const stop = new AbortController();
    const shared = { informer: informer as unknown as Informer<never>, stop, ended: informer.run(stop.signal), listeners: 0 };
    this.#informers.set(key, shared);
    return shared;
  }
}

/** One listener's share in an informer. */
export interface Watching<T extends KubernetesObject> {
  readonly informer: Informer<T>;
  end(): Promise<void>;
}
