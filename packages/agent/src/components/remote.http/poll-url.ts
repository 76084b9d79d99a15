import { bytesFromText, textFromBytes } from "@flameline/syntax";
import type { ComponentContext } from "../../component/index.ts";
import { PolledValue, type ValueSource } from "../../discovery/polled-value.ts";
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

/** A URL whose content is exported whenever it changes. Throws when the URL does not answer with the content. */
export function pollUrl(context: UrlContext, args: UrlArguments): Promise<PolledValue<UrlArguments, string>> {
  return PolledValue.open(
    {
      open: (given: UrlArguments) => urlSource(context, given),
      publish: ({ is_secret: isSecret }, content) => context.setExports({ content: new OptionalSecret(content, isSecret) }),
      healthy: "polled endpoint",
    },
    args,
  );
}

function urlSource(context: UrlContext, args: UrlArguments): ValueSource<string> {
  const { id, metrics, services } = context;
  const client = createHttpClient(args.client, { name: id, userAgent: services.identity.userAgent, metrics });
  return { ask: (signal) => fetchContent(context, client, args, signal), close: () => client.close() };
}

/** Throws with the reference's text. */
async function fetchContent({ log }: UrlContext, client: HttpClient, args: UrlArguments, signal: AbortSignal): Promise<string> {
  let response: HttpResponse;
  try {
    response = await client.send({
      method: args.method === "" ? "GET" : args.method,
      url: args.url,
      headers: [...args.headers],
      ...(args.body !== "" && { body: bytesFromText(args.body) }),
      timeoutMs: args.poll_timeout,
      maxResponseBytes: maxContentBytes,
      signal,
    });
  } catch (error) {
    const reading = error instanceof HttpClientError && error.answered;
    if (!signal.aborted) log.error(reading ? "failed to read response" : "failed to perform request", { err: messageOf(error) });
    throw new Error(`${reading ? "reading response" : "performing request"}: ${messageOf(error)}`, { cause: error });
  }
  if (response.status !== 200) {
    log.error("unexpected status code from response", { status: statusLine(response) });
    throw new Error(`unexpected status code ${statusLine(response)}`);
  }
  return textFromBytes(response.body).trim();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
