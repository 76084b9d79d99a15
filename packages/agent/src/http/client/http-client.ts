import type { Metrics } from "../../component/metrics.ts";
import type { HttpClientArguments } from "./arguments.ts";
import { normalizeHttpClient } from "./arguments.ts";
import type { Authorizer } from "./authorization.ts";
import { plainAuthorizer } from "./authorization.ts";
import { ConfiguredClient } from "./configured-client.ts";
import { DialerMetrics } from "./dialer-metrics.ts";
import type { HttpClient } from "./http-message.ts";
import { OAuth2 } from "./oauth2.ts";
import type { ProxyArguments } from "./proxy-arguments.ts";
import { proxyRules } from "./proxy-rules.ts";
import { TlsSource } from "./tls-source.ts";
import type { TlsArguments } from "./tls-arguments.ts";
import type { ConnectorOptions } from "./connector.ts";

export * from "./http-message.ts";

export interface HttpClientOptions {
  /** Names the client's connections in the metrics: the label `dialer_name`. */
  readonly name: string;
  /** Sent with requests that have no `User-Agent` of their own. */
  readonly userAgent: string;
  readonly metrics?: Metrics | undefined;
  /** All requests go through this socket of the local system, whatever host their URL names. */
  readonly socketPath?: string | undefined;
  /** Gives the credentials when the settings name none. */
  readonly authorize?: Authorizer | undefined;
}

/** A client for requests with these settings. Throws with the reference's text when certificates, files or proxies cannot be used. */
export function createHttpClient(given: HttpClientArguments, options: HttpClientOptions): HttpClient {
  const args = normalizeHttpClient(given);
  const metrics = options.metrics && new DialerMetrics(options.metrics, options.name);
  const connector = connectorOptions(args, args.enable_http2, options.userAgent, metrics);
  return new ConfiguredClient({
    connector: { ...connector, socketPath: options.socketPath },
    userAgent: options.userAgent,
    followRedirects: args.follow_redirects,
    addedHeaders: Array.from(args.http_headers, ([name, values]) => [name, values.map((value) => value.reveal())]),
    ...authorization(args, options, metrics),
  });
}

interface Authorization {
  readonly authorize?: Authorizer | undefined;
  readonly release?: (() => Promise<void>) | undefined;
}

function authorization(args: HttpClientArguments, options: HttpClientOptions, metrics: DialerMetrics | undefined): Authorization {
  const { userAgent } = options;
  if (args.oauth2 === undefined) return { authorize: plainAuthorizer(args) ?? options.authorize };
  const connector = connectorOptions(args.oauth2, true, userAgent, metrics);
  const client = new ConfiguredClient({ connector, userAgent, followRedirects: true, addedHeaders: [] });
  const oauth2 = new OAuth2(args.oauth2, client);
  return { authorize: oauth2.authorize, release: () => oauth2.close() };
}

function connectorOptions(
  args: ProxyArguments & { readonly tls_config: TlsArguments },
  http2: boolean,
  userAgent: string,
  metrics: DialerMetrics | undefined,
): ConnectorOptions {
  return {
    tls: new TlsSource(args.tls_config),
    proxies: proxyRules(args),
    proxyHeaders: args.proxy_connect_header,
    userAgent,
    http2,
    metrics,
  };
}
