import { setTimeout as sleep } from "node:timers/promises";
import type { JsonRecord } from "../../discovery/json-record.ts";
import type { KubernetesClient, WatchEvent } from "../client/kubernetes-client.ts";
import { KubernetesError } from "../client/kubernetes-error.ts";
import type { Kind, KubernetesObject } from "../objects/kubernetes-object.ts";
import { Backoff, type BackoffLimits } from "./backoff.ts";
import { collectAfterList, prepareForGarbage } from "./list-garbage.ts";

/** Objects in one page of a list. */
export const pageSize = 500;

/** Most objects that one informer keeps: a list or watch with more fails, and what was known before stays in use. */
export const maxObjects = 250_000;

/** How long a watch is asked to last, seconds: between one and two times this. A connection that died unseen is noticed by its end. */
const watchSeconds = 240;

/** A watch that ends sooner than this, and had nothing to say, counts as a failure: the server must not be asked in a tight loop. */
const shortWatchMs = 1000;

/** What to watch. */
export interface Selection {
  /** Empty for all namespaces. */
  readonly namespace: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
}

/** What happened to an object: it came (no `before`), changed, or went (no `after`). */
export interface Change<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

export interface InformerListener<T> {
  /** Called for every change after the first list is complete; until then, look at {@link Informer.values}. */
  changed(change: Change<T>): void;
  /** The first list is complete. Called once, at once when it already is. */
  synced(): void;
  /** A list or a watch failed; it goes on trying. */
  failed(error: Error): void;
  /** It works (again). */
  recovered(): void;
}

/**
 * Knows all objects of a kind, by a list and a watch that follows it, for all its listeners. What it knows stays while the server is away, and is compared
 * with a new list when the server has forgotten where the watch was.
 */
export class Informer<T extends KubernetesObject = KubernetesObject> {
  readonly #client: KubernetesClient;
  readonly #kind: Kind<T>;
  readonly #selection: Selection;
  readonly #backoff: Backoff;
  readonly #objects = new Map<string, T>();
  readonly #listeners = new Set<InformerListener<T>>();
  #synced = false;
  #failure: Error | undefined;
  /** Where the watch goes on; undefined when everything has to be listed. */
  #version: string | undefined;
  /** A list in pages took longer than the server keeps its state: the next one comes in one piece. */
  #paged = true;
  /** The server has forgotten the version of the last list, and no watch has worked since. */
  #forgotten = false;

  constructor(client: KubernetesClient, kind: Kind<T>, selection: Selection, backoff?: BackoffLimits) {
    this.#client = client;
    this.#kind = kind;
    this.#selection = selection;
    this.#backoff = new Backoff(backoff);
  }

  get synced(): boolean {
    return this.#synced;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }

  listen(listener: InformerListener<T>): void {
    this.#listeners.add(listener);
    if (this.#synced) listener.synced();
    if (this.#failure !== undefined) listener.failed(this.#failure);
  }

  unlisten(listener: InformerListener<T>): void {
    this.#listeners.delete(listener);
  }

  /** Lists and watches until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list(signal);
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#failed(error, signal);
      }
    }
  }

  async #failed(cause: unknown, signal: AbortSignal): Promise<void> {
    const { expired, retryAfterMs = 0 } = cause instanceof KubernetesError ? cause : { expired: false };
    if (expired && this.#version !== undefined) {
      this.#version = undefined;
      const again = this.#forgotten;
      this.#forgotten = true;
      // Ordinary life: the server keeps changes for some minutes only. One that forgets what it has just listed must not be asked in a tight loop.
      if (!again) return;
    } else if (expired) this.#paged = false;
    this.#failure = cause instanceof Error ? cause : new Error(String(cause));
    for (const listener of this.#listeners) listener.failed(this.#failure);
    await sleep(Math.max(this.#backoff.next(), retryAfterMs), undefined, { signal }).catch(() => undefined);
  }

  /** A watch has brought something, or lasted. A list alone is not enough: it may be all that ever succeeds. */
  #watchWorks(): void {
    this.#backoff.reset();
    this.#forgotten = false;
    this.#works();
  }

  #works(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    for (const listener of this.#listeners) listener.recovered();
  }

  async #list(signal: AbortSignal): Promise<void> {
    prepareForGarbage();
    const seen = new Set<string>();
    let next = "";
    let version = "";
    do {
      const limit = this.#paged ? pageSize : undefined;
      const query = { ...this.#query(), limit, continue: next };
      const take = (item: JsonRecord): void => {
        const object = this.#kind.read(item);
        seen.add(object.key);
        this.#put(object);
      };
      const frame = await this.#client.list(this.#path, query, signal, take, this.#kind.binary);
      ({ version, next } = frame);
    } while (next !== "");
    if (version === "") throw new KubernetesError(0, `the list of ${this.#kind.name} has no resourceVersion`);
    for (const [key] of this.#objects) if (!seen.has(key)) this.#remove(key);
    collectAfterList(seen.size);
    this.#version = version;
    this.#paged = true;
    this.#works();
    if (this.#synced) return;
    this.#synced = true;
    for (const listener of this.#listeners) listener.synced();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const beganAt = performance.now();
    const timeoutSeconds = Math.round(watchSeconds * (1 + Math.random()));
    const query = { ...this.#query(), resourceVersion: this.#version, allowWatchBookmarks: "true", timeoutSeconds };
    let events = 0;
    await this.#client.watch(this.#path, query, signal, (event) => {
      events += 1;
      this.#watchWorks();
      this.#take(event);
    });
    if (events > 0) return;
    if (performance.now() - beganAt < shortWatchMs)
      throw new KubernetesError(0, `the server ended the watch of ${this.#kind.name} at once`);
    this.#watchWorks();
  }

  #take({ type, object }: WatchEvent): void {
    const version = object.record("metadata").text("resourceVersion");
    if (type === "ADDED" || type === "MODIFIED") this.#put(this.#kind.read(object));
    else if (type === "DELETED") this.#remove(this.#kind.read(object).key);
    else if (type !== "BOOKMARK")
      throw new KubernetesError(0, `unknown kind of event in a watch of ${this.#kind.name}: ${JSON.stringify(type)}`);
    if (version !== "") this.#version = version;
  }

  #put(object: T): void {
    const before = this.#objects.get(object.key);
    if (before !== undefined && before.version === object.version && object.version !== "") return;
    if (before === undefined && this.#objects.size >= maxObjects) {
      throw new KubernetesError(0, `there are more than ${maxObjects} ${this.#kind.name}: select fewer by namespaces or selectors`);
    }
    this.#objects.set(object.key, object);
    this.#tell({ before, after: object });
  }

  #remove(key: string): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    this.#tell({ before, after: undefined });
  }

  #tell(change: Change<T>): void {
    if (this.#synced) for (const listener of this.#listeners) listener.changed(change);
  }

  get #path(): string {
    const { namespace } = this.#selection;
    const place = this.#kind.namespaced && namespace !== "" ? `/namespaces/${encodeURIComponent(namespace)}` : "";
    return `${this.#kind.group}${place}/${this.#kind.name}`;
  }

  #query(): { readonly labelSelector: string; readonly fieldSelector: string } {
    const { labelSelector, fieldSelector } = this.#selection;
    return { labelSelector, fieldSelector };
  }
}
