import type { TargetGroup } from "../../discovery/target-group.ts";
import type { Kind, KubernetesObject } from "../../kubernetes/objects/kubernetes-object.ts";
import { namespaceKind } from "../../kubernetes/objects/namespace.ts";
import { nodeKind } from "../../kubernetes/objects/node.ts";
import { podKind } from "../../kubernetes/objects/pod.ts";
import { serviceKind } from "../../kubernetes/objects/service.ts";
import type { Companion, Role, Surroundings } from "../../kubernetes/targets/role.ts";
import type { Watching } from "../../kubernetes/watch/cluster.ts";
import type { Change, Informer, InformerListener } from "../../kubernetes/watch/informer.ts";
import { RelatedIndex } from "./related-index.ts";

const companionKinds: Readonly<Record<Companion, Kind<KubernetesObject>>> = {
  pods: podKind,
  services: serviceKind,
  nodes: nodeKind,
  namespaces: namespaceKind,
};

/** What a feed needs of its surroundings. */
export interface FeedOptions {
  /** Those that are attached, apart from what the role always needs. */
  readonly attached: readonly Companion[];
  watch<T extends KubernetesObject>(kind: Kind<T>, listener: InformerListener<T>): Watching<T>;
  /** There are groups to {@link RoleFeed.take}. */
  onGroups(): void;
  count(role: string, event: "add" | "delete" | "update", by?: number): void;
  failed(kind: string, error: Error): void;
  recovered(kind: string): void;
  warn(message: string): void;
}

/** The groups of one role in one namespace, or in all of them: one for each object, made again when the object or something it depends on has changed. */
export class RoleFeed<T extends KubernetesObject> {
  readonly #role: Role<T>;
  readonly #options: FeedOptions;
  readonly #companions: readonly Companion[];
  readonly #related: RelatedIndex<T>;
  readonly #watchings: { end(): Promise<void> }[] = [];
  readonly #waiting = new Set<string>();
  readonly #changed = new Set<string>();
  readonly #surroundings: { -readonly [K in keyof Surroundings]: Surroundings[K] } = {};
  #objects: Informer<T> | undefined;
  #failedOnce = false;

  constructor(role: Role<T>, options: FeedOptions) {
    this.#role = role;
    this.#options = options;
    this.#companions = [...role.needs, ...options.attached.filter((companion) => role.attaches.includes(companion))];
    this.#related = new RelatedIndex(role, this.#companions);
  }

  /** All that it needs is known. */
  get synced(): boolean {
    return this.#waiting.size === 0;
  }

  /** It is synced, or something keeps it from being so: nobody should wait for it any longer. */
  get settled(): boolean {
    return this.synced || this.#failedOnce;
  }

  start(): void {
    const kinds = [this.#role.kind.name, ...this.#companions];
    for (const kind of kinds) this.#waiting.add(kind);
    for (const companion of this.#companions) this.#watchCompanion(companion);
    const { kind } = this.#role;
    const watching = this.#options.watch(
      kind,
      this.#listener(kind, (change) => {
        this.#count(kind, change);
        this.#objectChanged(change);
      }),
    );
    this.#objects = watching.informer;
    this.#watchings.push(watching);
    // What was known before is synced before the informer is at hand.
    if (this.synced) this.#allChanged();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#watchings.map((watching) => watching.end()));
  }

  /** The groups that have changed since it was asked last. */
  take(): readonly TargetGroup[] {
    if (!this.synced) return [];
    const keys = [...this.#changed];
    this.#changed.clear();
    return keys.map((key) => this.#group(key));
  }

  #group(key: string): TargetGroup {
    const object = this.#objects?.get(key);
    return { source: this.#role.source + key, targets: object === undefined ? [] : this.#role.targets(object, this.#surroundings) };
  }

  #watchCompanion(companion: Companion): void {
    const kind = companionKinds[companion];
    const watching = this.#options.watch(
      kind,
      this.#listener(kind, (change) => {
        // Those of nodes come once for each namespace, and are counted by the role `node`.
        if (companion !== "nodes") this.#count(kind, change);
        this.#companionChanged(companion, change);
      }),
    );
    // The kind of each companion gives what the role expects of it.
    (this.#surroundings as Record<Companion, unknown>)[companion] = watching.informer;
    this.#watchings.push(watching);
  }

  #listener<K extends KubernetesObject>(kind: Kind<K>, onChange: (change: Change<K>) => void): InformerListener<K> {
    return {
      changed: onChange,
      synced: () => {
        this.#waiting.delete(kind.name);
        if (this.synced && this.#objects !== undefined) this.#allChanged();
      },
      failed: (error) => {
        this.#failedOnce = true;
        this.#options.failed(kind.name, error);
        this.#options.onGroups();
      },
      recovered: () => this.#options.recovered(kind.name),
    };
  }

  #count<K extends KubernetesObject>({ role }: Kind<K>, { before, after }: Change<K>): void {
    this.#options.count(role, before === undefined ? "add" : after === undefined ? "delete" : "update");
  }

  /** Everything is known for the first time. */
  #allChanged(): void {
    let count = 0;
    for (const object of this.#objects?.values() ?? []) {
      count += 1;
      this.#note(object);
    }
    this.#options.count(this.#role.kind.role, "add", count);
    this.#options.onGroups();
  }

  #objectChanged({ before, after }: Change<T>): void {
    if (!this.synced) return;
    if (before !== undefined) this.#related.remove(before);
    if (after !== undefined) this.#note(after);
    else if (before !== undefined) this.#changed.add(before.key);
    this.#options.onGroups();
  }

  #note(object: T): void {
    this.#related.add(object);
    this.#changed.add(object.key);
    const warning = this.#role.warning?.(object);
    if (warning !== undefined) this.#options.warn(warning);
  }

  #companionChanged(companion: Companion, change: Change<KubernetesObject>): void {
    const key = (change.after ?? change.before)?.key;
    if (key === undefined || !this.synced || isHeartbeat(companion, change)) return;
    for (const dependent of this.#related.dependents(companion, key)) this.#changed.add(dependent);
    if (this.#changed.size > 0) this.#options.onGroups();
  }
}

/** Nodes say every few minutes that they are well: of them, and of namespaces, only labels and annotations are of interest to others. */
function isHeartbeat(companion: Companion, { before, after }: Change<KubernetesObject>): boolean {
  if (companion === "pods" || companion === "services" || before === undefined || after === undefined) return false;
  const [old, now] = [before.metaLabels, after.metaLabels];
  return old.length === now.length && old.every((text, index) => text === now[index]);
}
