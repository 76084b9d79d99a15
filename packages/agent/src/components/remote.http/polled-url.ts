import { bytesFromText, textFromBytes } from "@flameline/syntax";
import type { ComponentContext, ComponentInstance, Health } from "../../component/index.ts";
import { everyInterval } from "../../discovery/interval.ts";
import type { HttpClientArguments } from "../../http/client/arguments.ts";
import { HttpClientError } from "../../http/client/http-client-error.ts";
import { createHttpClient, type HttpClient, type HttpResponse } from "../../http/client/http-client.ts";
import { statusLine } from "../../http/client/status-line.ts";
import { OptionalSecret } from "../../schema/index.ts";

export interface UrlArguments {
  readonly url: string;
  /** Milliseconds. */
  readonly poll_frequency: number;
  /** Milliseconds. */
  readonly poll_timeout: number;
  readonly is_secret: boolean;
  readonly method: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly client: HttpClientArguments;
}

type UrlContext = ComponentContext<{ readonly content: OptionalSecret }>;

/** Most bytes of an answer: its content becomes a value of the configuration. */
export const maxContentBytes: number = 16 * 1024 * 1024;

/** The arguments in force with the client that was made for them. */
interface Poll {
  readonly args: UrlArguments;
  readonly client: HttpClient;
  readonly stop: AbortController;
  ended: Promise<void>;
}

/** A URL whose content is exported whenever it changes. */
export class PolledUrl implements ComponentInstance<UrlArguments> {
  readonly #context: UrlContext;
  #poll: Poll;
  #health: Health = health("unknown", "component started");
  #running = false;

  private constructor(context: UrlContext, args: UrlArguments) {
    this.#context = context;
    this.#poll = this.#create(args);
  }

  /** Throws when the URL does not answer with the content. */
  static async open(context: UrlContext, args: UrlArguments): Promise<PolledUrl> {
    const polled = new PolledUrl(context, args);
    try {
      polled.#publish(args, await polled.#ask(polled.#poll));
    } catch (error) {
      await polled.#poll.client.close();
      throw error;
    }
    return polled;
  }

  async update(args: UrlArguments): Promise<void> {
    const next = this.#create(args);
    try {
      this.#publish(args, await this.#ask(next));
    } catch (error) {
      await next.client.close();
      throw error;
    }
    const previous = this.#poll;
    this.#poll = next;
    if (this.#running) this.#begin(next);
    await end(previous);
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
    await end(this.#poll);
  }

  discard(): Promise<void> {
    return this.#poll.client.close();
  }

  health(): Health {
    return this.#health;
  }

  #create(args: UrlArguments): Poll {
    const { id, metrics, services } = this.#context;
    const client = createHttpClient(args.client, { name: id, userAgent: services.identity.userAgent, metrics });
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
      const content = await this.#ask(poll);
      if (poll === this.#poll) this.#publish(poll.args, content);
    } catch (error) {
      if (!poll.stop.signal.aborted) this.#health = health("unhealthy", `polling failed: ${messageOf(error)}`);
    }
  }

  #publish(args: UrlArguments, content: string): void {
    this.#health = health("healthy", "polled endpoint");
    this.#context.setExports({ content: new OptionalSecret(content, args.is_secret) });
  }

  /** The content. Throws with the reference's text. */
  async #ask({ args, client, stop }: Poll): Promise<string> {
    const { log } = this.#context;
    let response: HttpResponse;
    try {
      response = await client.send({
        method: args.method === "" ? "GET" : args.method,
        url: args.url,
        headers: [...args.headers],
        ...(args.body !== "" && { body: bytesFromText(args.body) }),
        timeoutMs: args.poll_timeout,
        maxResponseBytes: maxContentBytes,
        signal: stop.signal,
      });
    } catch (error) {
      const reading = error instanceof HttpClientError && error.answered;
      if (!stop.signal.aborted) log.error(reading ? "failed to read response" : "failed to perform request", { err: messageOf(error) });
      throw new Error(`${reading ? "reading response" : "performing request"}: ${messageOf(error)}`, { cause: error });
    }
    if (response.status !== 200) {
      log.error("unexpected status code from response", { status: statusLine(response) });
      throw new Error(`unexpected status code ${statusLine(response)}`);
    }
    return textFromBytes(response.body).trim();
  }
}

async function end({ client, stop, ended }: Poll): Promise<void> {
  stop.abort();
  await ended;
  await client.close();
}

function health(state: Health["state"], message: string): Health {
  return { state, message, updatedAt: new Date() };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
