import { defaultMaxResponseBytes } from "./http-message.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "./http-message.ts";
import type { Authorizer } from "./authorization.ts";
import { basicCredentials } from "./authorization.ts";
import type { ConnectorOptions } from "./connector.ts";
import { HttpClientError } from "./http-client-error.ts";
import { Patience } from "./patience.ts";
import type { CommonHeaders } from "./prepared-headers.ts";
import { HeaderPreparation, wireValue } from "./prepared-headers.ts";
import { mayKnowSecretsOf, maxHops, redirectTarget, referer, withoutSecrets } from "./redirect.ts";
import { UrlError, parseUrl, shownUrl } from "./request-url.ts";
import type { TlsSource } from "./tls-source.ts";
import { Transport } from "./transport.ts";
import type { WireRequest } from "./transport.ts";

export interface ConfiguredClientOptions extends CommonHeaders {
  readonly connector: ConnectorOptions & { readonly tls: TlsSource };
  readonly followRedirects: boolean;
  readonly authorize?: Authorizer | undefined;
  /** Called when the client is closed. */
  readonly release?: (() => Promise<void>) | undefined;
}

type Headers = HttpRequest["headers"];

/** A request on its way from redirect to redirect. */
interface Hop {
  readonly url: URL;
  readonly headers: Headers;
  /** The client's own credentials may be sent: no redirect has led to another host. */
  readonly authorized: boolean;
}

/** Requests with credentials, added headers and redirects on top of a transport, which is replaced when certificates change. */
export class ConfiguredClient implements HttpClient {
  readonly #options: ConfiguredClientOptions;
  readonly #headers: HeaderPreparation;
  #transport: Transport;
  #sending = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(options: ConfiguredClientOptions) {
    this.#options = options;
    this.#headers = new HeaderPreparation(options);
    this.#transport = new Transport(options.connector);
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const url = requestUrl(request);
    // Not `using`: the engine's stack of what is to be disposed of costs more than the rest of the function.
    const patience = new Patience(request.timeoutMs, request.signal);
    let hop: Hop = { url, headers: request.headers, authorized: true };
    this.#sending += 1;
    try {
      for (let hops = 1; ; hops += 1) {
        const response = await this.#sendHop(request, hop, patience);
        const target = this.#options.followRedirects ? redirectTarget(response, request.method, hop.url) : undefined;
        if (target === undefined) return response;
        if (isStream(request.body))
          throw new HttpClientError("other", "a redirect cannot be followed with a body that was sent as it came");
        if (hops === maxHops) throw new HttpClientError("other", `stopped after ${maxHops} redirects`);
        hop = nextHop(hop, target, request.headers, url);
      }
    } catch (error) {
      throw failure(error, request.method, hop.url);
    } finally {
      patience.end();
      this.#sending -= 1;
      if (this.#sending === 0) this.#idle?.resolve();
    }
  }

  async close(): Promise<void> {
    const released = this.#options.release?.();
    if (this.#sending > 0) await (this.#idle ??= Promise.withResolvers()).promise;
    // Whoever gave up does not wait for the connection that was being opened.
    await Promise.all([this.#transport.destroy(), released]);
  }

  /** Throws, too, what it could reject with. */
  #sendHop(request: HttpRequest, hop: Hop, patience: Patience): Promise<HttpResponse> {
    this.#refreshTls();
    const send = (credentials: string | undefined): Promise<HttpResponse> =>
      this.#transport.send(this.#wireRequest(request, hop, credentials), patience);
    const credentials = this.#credentials(hop, patience);
    return credentials instanceof Promise ? credentials.then(send) : send(credentials);
  }

  /** Changed certificates count from the next request on: connections made with the old ones are given up. */
  #refreshTls(): void {
    const { connector } = this.#options;
    if (!connector.tls.refresh()) return;
    void this.#transport.close();
    this.#transport = new Transport(connector);
  }

  #credentials({ url, headers, authorized }: Hop, patience: Patience): string | undefined | Promise<string | undefined> {
    if (this.#headers.of(headers).ownAuthorization) return undefined;
    if (url.username !== "" || url.password !== "")
      return basicCredentials(decodeURIComponent(url.username), decodeURIComponent(url.password));
    if (!authorized) return undefined;
    const value = this.#options.authorize?.();
    return value instanceof Promise ? patience.race(value) : value;
  }

  #wireRequest(request: HttpRequest, { url, headers }: Hop, credentials: string | undefined): WireRequest {
    const { wire, credentialsAt, ownHost, closeAfter } = this.#headers.of(headers);
    const complete = credentials === undefined ? wire : wire.toSpliced(credentialsAt, 0, "Authorization", wireValue(credentials));
    const { method, body, maxResponseBytes = defaultMaxResponseBytes, onData } = request;
    return { method, url, headers: complete, ownHost, closeAfter, body, maxResponseBytes, onData };
  }
}

function isStream(body: HttpRequest["body"]): boolean {
  return body !== undefined && !(body instanceof Uint8Array) && Symbol.asyncIterator in body;
}

function requestUrl({ url, method }: HttpRequest): URL {
  try {
    const parsed = typeof url === "string" ? parseUrl(url) : url;
    if (parsed.protocol === "http:" || parsed.protocol === "https:") return parsed;
    throw new HttpClientError("other", `unsupported protocol scheme ${JSON.stringify(parsed.protocol.slice(0, -1))}`, {
      prefix: prefixOf(method, parsed),
    });
  } catch (error) {
    if (error instanceof UrlError) throw new HttpClientError("other", error.message, { cause: error });
    throw error;
  }
}

function nextHop(hop: Hop, target: URL, given: Headers, first: URL): Hop {
  const trusted = mayKnowSecretsOf(first, target);
  const named = given.some(([name]) => name.toLowerCase() === "referer");
  const from = named ? undefined : referer(hop.url, target);
  // A `Host` of the caller's choice was meant for the first server.
  const kept = target.origin === first.origin ? given : given.filter(([name]) => name.toLowerCase() !== "host");
  return {
    url: target,
    headers: [...(trusted ? kept : withoutSecrets(kept)), ...(from === undefined ? [] : [["Referer", from] as const])],
    authorized: hop.authorized && trusted,
  };
}

/** Every failure as Go's client words it: `Get "http://127.0.0.1:1": dial tcp …`. */
function failure(error: unknown, method: string, url: URL): HttpClientError {
  const prefix = prefixOf(method, url);
  if (!(error instanceof HttpClientError)) {
    return new HttpClientError("other", error instanceof Error ? error.message : String(error), { prefix, cause: error });
  }
  // The token request of OAuth 2 failed: its message names that request.
  return error.message === error.reason ? error.within(prefix) : new HttpClientError(error.code, error.message, { prefix, cause: error });
}

function prefixOf(method: string, url: URL): string {
  return `${method.slice(0, 1)}${method.slice(1).toLowerCase()} ${JSON.stringify(shownUrl(url))}: `;
}
