import { createHash } from "node:crypto";
import type { Diagnostic } from "@flameline/syntax";
import { bytesFromText, summarize } from "@flameline/syntax";
import type { Identity } from "../component/services.ts";
import type { Logger } from "../component/logger.ts";
import type { Metrics } from "../component/metrics.ts";
import { shownUrlText } from "../http/client/request-url.ts";
import { waitUntil } from "../http/wait-until.ts";
import { CollectorClient } from "./collector-client.ts";
import { ConfigCache } from "./config-cache.ts";
import type { ConfigAnswer, RemoteStatus } from "./messages.ts";
import { configStatus } from "./messages.ts";
import type { RemoteConfigArguments } from "./remote-config-block.ts";
import { RemoteConfigMetrics } from "./remote-config-metrics.ts";

/** Polls are spread by as much in both directions, in milliseconds, so that a fleet does not ask as one. */
const jitterMs = 100;

export interface RemoteConfigOptions {
  readonly identity: Identity;
  /** What kind of machine this is, as the attribute `collector.os`. */
  readonly os: string;
  readonly storagePath: string;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** What runs the configurations that come. */
export interface RemoteRuntime {
  /** Puts a configuration in force, or changes nothing and says what is wrong with it. */
  loadText(text: string): Promise<readonly Diagnostic[]>;
  run(signal: AbortSignal): Promise<void>;
}

/** A server that is asked, with what it needs to be told. */
interface Session {
  readonly args: RemoteConfigArguments;
  readonly client: CollectorClient;
  readonly id: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly cache: ConfigCache;
  readonly abort: AbortController;
  /** The server knows this collector. */
  registered: boolean;
}

/** The service behind the `remotecfg` block: fetches a configuration again and again and runs it beside the one of the command line. */
export class RemoteConfig {
  readonly #options: RemoteConfigOptions;
  readonly #metrics: RemoteConfigMetrics;
  #runtime: RemoteRuntime | undefined;
  #session: Session | undefined;
  #polling: Promise<void> = Promise.resolve();
  #running = false;
  /** As the server gave it. */
  #remoteHash = "";
  #loaded: string | undefined;
  /** What the server does not know yet. */
  #status: RemoteStatus | undefined;
  #effective: string | undefined;

  constructor(options: RemoteConfigOptions) {
    this.#options = options;
    this.#metrics = new RemoteConfigMetrics(options.metrics);
  }

  /** To be called before anything else. */
  use(runtime: RemoteRuntime): void {
    this.#runtime = runtime;
  }

  /**
   * Takes new settings. Rejects when the server does not accept this collector; the former ones stay in force. Only at the start, and only with a
   * configuration on disk to go on with, it is tried again with every poll.
   */
  async evaluate(args: RemoteConfigArguments): Promise<void> {
    const session = args.url === "" ? undefined : await this.#open(args);
    const former = this.#session;
    this.#session = session;
    former?.abort.abort();
    await this.#polling;
    await former?.client.close();
    this.#remoteHash = "";
    if (session === undefined && this.#loaded !== undefined) await this.#apply("", "");
    if (this.#running) this.#startPolling();
  }

  /** Polls and runs what comes until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#running = true;
    const runtime = this.#runtime?.run(signal);
    this.#startPolling();
    await runtime;
    this.#running = false;
    this.#session?.abort.abort();
    await this.#polling;
    await this.#session?.client.close();
  }

  async #open(args: RemoteConfigArguments): Promise<Session> {
    const { identity, os, storagePath } = this.#options;
    const id = args.id === "" ? identity.uid : args.id;
    const attributes = new Map([...args.attributes, ["collector.version", identity.version], ["collector.os", os]]);
    const client = await CollectorClient.create(args, identity.userAgent);
    const key = JSON.stringify([args.url, id, args.name, [...attributes].filter(([name]) => name !== "collector.version")]);
    const cache = new ConfigCache(storagePath, key);
    const session: Session = { args, client, id, attributes, cache, abort: new AbortController(), registered: false };
    try {
      await this.#register(session);
    } catch (error) {
      const failure = new Error(`failed to register collector with ${shownUrlText(args.url)}: ${textOf(error)}`, { cause: error });
      const canWait = this.#session === undefined && (await cache.read().catch(() => undefined)) !== undefined;
      if (!canWait) {
        await client.close();
        throw failure;
      }
      this.#options.log.error("the server of the remote config is away", { err: failure });
    }
    return session;
  }

  async #register(session: Session): Promise<void> {
    await session.client.register(session.id, session.args.name, session.attributes, session.abort.signal);
    session.registered = true;
  }

  #startPolling(): void {
    const session = this.#session;
    if (session !== undefined) this.#polling = this.#poll(session);
  }

  async #poll(session: Session): Promise<void> {
    const { signal } = session.abort;
    if (!(await this.#fetch(session)) && this.#loaded === undefined) await this.#useCache(session);
    while (!signal.aborted) {
      const pause = session.args.poll_frequency + (Math.random() * 2 - 1) * jitterMs;
      await waitUntil(performance.now() + pause, signal);
      if (!signal.aborted) await this.#fetch(session);
    }
  }

  /** Asks the server once; tells whether there was an answer. */
  async #fetch(session: Session): Promise<boolean> {
    const { client, id, attributes, cache, abort } = session;
    const begin = performance.now();
    this.#metrics.attempts.inc();
    const [status, effective] = [this.#status, this.#effective];
    let answer: ConfigAnswer;
    try {
      if (!session.registered) await this.#register(session);
      answer = await client.config({ id, attributes, hash: this.#remoteHash, status, effective }, abort.signal);
    } catch (error) {
      if (abort.signal.aborted) return true;
      this.#metrics.failed();
      this.#options.log.error("failed to fetch remote config", { err: textOf(error) });
      return false;
    } finally {
      this.#metrics.requestSeconds.observe((performance.now() - begin) / 1000);
    }
    if (this.#status === status) this.#status = undefined;
    if (this.#effective === effective) this.#effective = undefined;
    if (answer.notModified) {
      this.#metrics.notModified();
      return true;
    }
    this.#remoteHash = answer.hash;
    if (await this.#apply(answer.content, answer.hash)) await this.#save(cache, answer.content);
    return true;
  }

  /** Puts a configuration in force; when something is wrong with it, the last good one stays. */
  async #apply(content: string, remoteHash: string): Promise<boolean> {
    const { log } = this.#options;
    if (content === this.#loaded) {
      this.#metrics.notModified();
      return true;
    }
    const problems = (await this.#runtime?.loadText(content)) ?? [];
    if (problems.length > 0) {
      const message = summarize(problems);
      this.#status = { status: configStatus.failed, message };
      this.#metrics.failed();
      log.error("failed to load remote config, the last good one stays in force", { hash: remoteHash, err: message });
      return false;
    }
    this.#loaded = content;
    this.#status = { status: configStatus.applied, message: "" };
    this.#effective = content;
    this.#metrics.loaded(createHash("sha256").update(bytesFromText(content)).digest("hex"));
    log.info("remote config is in force", { hash: remoteHash });
    return true;
  }

  async #save(cache: ConfigCache, content: string): Promise<void> {
    try {
      await cache.write(content);
    } catch (error) {
      this.#options.log.error("failed to keep the remote config on disk", { err: textOf(error) });
    }
  }

  async #useCache({ cache }: Session): Promise<void> {
    const { log } = this.#options;
    try {
      const content = await cache.read();
      if (content === undefined) return;
      log.info("the server of the remote config is away: the last good one is taken from disk");
      await this.#apply(content, "");
    } catch (error) {
      log.error("failed to read the remote config from disk", { err: textOf(error) });
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
