import type { ComponentContext, ComponentInstance, Health } from "../../component/index.ts";
import { everyInterval } from "../../discovery/interval.ts";
import { OptionalSecret } from "../../schema/index.ts";
import { KubernetesClient } from "../client/kubernetes-client.ts";
import { connect, type KubernetesClientArguments } from "../connection/client-arguments.ts";
import { dataAccept, type DataKind, readData } from "./object-data.ts";

export interface ObjectArguments {
  readonly namespace: string;
  readonly name: string;
  /** Milliseconds. */
  readonly poll_frequency: number;
  /** Milliseconds. */
  readonly poll_timeout: number;
  readonly client: KubernetesClientArguments;
}

type ObjectContext = ComponentContext<{ readonly data: ReadonlyMap<string, OptionalSecret> }>;

/** The arguments in force, with the client that was made for them. */
interface Poll {
  readonly args: ObjectArguments;
  readonly client: KubernetesClient;
  readonly stop: AbortController;
  ended: Promise<void>;
}

/** A Secret or ConfigMap whose data is exported whenever it changes. */
export class PolledObject implements ComponentInstance<ObjectArguments> {
  readonly #context: ObjectContext;
  readonly #kind: DataKind;
  #poll: Poll;
  #health: Health = healthOf("unknown", "component started");
  #running = false;

  private constructor(context: ObjectContext, kind: DataKind, args: ObjectArguments) {
    this.#context = context;
    this.#kind = kind;
    this.#poll = this.#create(args);
  }

  /** Throws when the object cannot be had. */
  static async open(context: ObjectContext, kind: DataKind, args: ObjectArguments): Promise<PolledObject> {
    const polled = new PolledObject(context, kind, args);
    try {
      polled.#publish(await polled.#ask(polled.#poll));
    } catch (error) {
      await polled.#poll.client.close();
      throw error;
    }
    return polled;
  }

  async update(args: ObjectArguments): Promise<void> {
    const next = this.#create(args);
    try {
      this.#publish(await this.#ask(next));
    } catch (error) {
      await next.client.close();
      throw error;
    }
    const previous = this.#poll;
    this.#poll = next;
    if (this.#running) this.#begin(next);
    await endPoll(previous);
  }

  async run(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    this.#running = true;
    this.#begin(this.#poll);
    await aborted;
    this.#running = false;
    await endPoll(this.#poll);
  }

  discard(): Promise<void> {
    return this.#poll.client.close();
  }

  health(): Health {
    return this.#health;
  }

  #create(args: ObjectArguments): Poll {
    const { id, log, services } = this.#context;
    const client = new KubernetesClient(connect(args.client, log), { name: id, userAgent: services.identity.userAgent });
    return { args, client, stop: new AbortController(), ended: Promise.resolve() };
  }

  /** Its first answer is known already. */
  #begin(poll: Poll): void {
    let known = true;
    poll.ended = everyInterval(poll.args.poll_frequency, poll.stop.signal, async () => {
      if (!known) await this.#refresh(poll);
      known = false;
    });
  }

  async #refresh(poll: Poll): Promise<void> {
    try {
      const data = await this.#ask(poll);
      if (poll === this.#poll) this.#publish(data);
    } catch (error) {
      if (poll.stop.signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.#context.log.error("polling failed", { err: error instanceof Error ? error : reason });
      this.#health = healthOf("unhealthy", `polling failed: ${reason}`);
    }
  }

  #publish(data: ReadonlyMap<string, string>): void {
    const secret = this.#kind === "secrets";
    this.#health = healthOf("healthy", secret ? "got secret" : "got configmap");
    this.#context.setExports({ data: new Map(Array.from(data, ([key, value]) => [key, new OptionalSecret(value, secret)])) });
  }

  async #ask({ args, client, stop }: Poll): Promise<ReadonlyMap<string, string>> {
    const [namespace, name] = [args.namespace, args.name].map(encodeURIComponent);
    const path = `/api/v1/namespaces/${namespace}/${this.#kind}/${name}`;
    const { body } = await client.get(path, dataAccept, stop.signal, args.poll_timeout);
    return readData(this.#kind, body);
  }
}

async function endPoll({ client, stop, ended }: Poll): Promise<void> {
  stop.abort();
  await ended;
  await client.close();
}

function healthOf(state: Health["state"], message: string): Health {
  return { state, message, updatedAt: new Date() };
}
