import { httpClientFields, normalizeHttpClient, validateHttpClient } from "../../http/client/arguments.ts";
import type { Infer } from "../../schema/index.ts";
import { attr, blocks, block, bool, defineBlock, duration, int, map, optionalBlock, string } from "../../schema/index.ts";
import type { Endpoint } from "./endpoint.ts";
import { checkEndpointUrl, mergeHeaders } from "./endpoint.ts";
import { checkExternalLabels } from "./outgoing-labels.ts";
import { queueBlock } from "./queue-block.ts";
import { repairBlock } from "./repair/arguments.ts";
import { shownUrl } from "./shown-url.ts";

const endpointFields = {
  name: attr(string, { doc: "Names the endpoint in the metrics of its connections." }),
  url: attr(string, {
    required: true,
    doc: "Address of a Pyroscope server, or of a collector that receives profiles. A path in it is kept in front of those of the requests.",
  }),
  remote_timeout: attr(duration, { default: 10_000, doc: "How long one attempt may take." }),
  headers: attr(map(string), { doc: "Headers of every request. They win over those that the authorization settings make." }),
  ...httpClientFields,
  min_backoff_period: attr(duration, { default: 500, doc: "Lower end of the first wait between two attempts." }),
  max_backoff_period: attr(duration, { default: 300_000, doc: "Where the waits, which double each time, stop growing." }),
  max_backoff_retries: attr(int, {
    default: 10,
    doc: "How often a profile is tried in a row; 0 to try for ever. With the queue it stays after that, and another round follows until `max_age`; without it, it is given up.",
  }),
  retry_on_http_429: attr(bool, { default: true, doc: "Whether a profile is tried again after the server said that it gets too many." }),
  debug_info_upload_timeout: attr(duration, { default: 120_000, doc: "How long the upload of one file with debug information may take." }),
};

export type EndpointArguments = Infer<typeof endpointFields>;

const endpointBlock = defineBlock({
  fields: endpointFields,
  validate: (args: EndpointArguments) => checkEndpointUrl(args.url) ?? checkAttempts(args) ?? validateHttpClient(args),
  normalize: (args: EndpointArguments) => ({ ...args, ...normalizeHttpClient(args) }),
});

function checkAttempts({ max_backoff_retries: retries, remote_timeout: timeoutMs }: EndpointArguments): string | undefined {
  if (timeoutMs <= 0) return "remote_timeout must be greater than 0s";
  return retries < 0 ? "max_backoff_retries must not be negative" : undefined;
}

const tracingBlock = defineBlock({
  showDefaults: true,
  fields: {
    jaeger_propagator: attr(bool, { default: true, deprecated: true, doc: "Accepted and ignored." }),
    trace_context_propagator: attr(bool, { default: true, deprecated: true, doc: "Accepted and ignored." }),
  },
});

export const writeFields = {
  external_labels: attr(map(string), {
    doc: "Labels of every profile sent from here; they replace labels of the same name, an empty value removes one.",
  }),
  endpoint: blocks(endpointBlock, { doc: "Where profiles are sent; every endpoint gets every profile." }),
  queue: optionalBlock(queueBlock, { extension: true, doc: "How profiles are kept on disk until an endpoint has them." }),
  repair: optionalBlock(repairBlock, {
    extension: true,
    doc: "What is mended in profiles that a server would only refuse: labels before they are sent, anything else once it has refused them. Without this block that is done where profiles are kept in the queue.",
  }),
  tracing: block(tracingBlock, { doc: "Which trace headers Alloy adds to its requests. There are none here." }),
};

export type WriteArguments = Infer<typeof writeFields>;

export function validateWrite({ external_labels: labels }: WriteArguments): string | undefined {
  return checkExternalLabels(labels);
}

/** Says which collector sends a profile. */
export const identityHeader = "X-Alloy-Id";

/** The arguments with the header by which servers know this program, unless it is configured otherwise. */
export function withIdentity(args: WriteArguments, uid: string): WriteArguments {
  return {
    ...args,
    endpoint: args.endpoint.map((one) => ({ ...one, headers: new Map(mergeHeaders([[identityHeader, uid]], [...one.headers])) })),
  };
}

/** The arguments as pages show them. */
export function shownArguments(args: WriteArguments): WriteArguments {
  return { ...args, endpoint: args.endpoint.map((one) => ({ ...one, url: shownUrl(one.url) })) };
}

export function endpointOf(args: EndpointArguments): Endpoint {
  return {
    url: args.url,
    remoteTimeoutMs: args.remote_timeout,
    minBackoffMs: args.min_backoff_period,
    maxBackoffMs: args.max_backoff_period,
    maxAttempts: args.max_backoff_retries,
    retryTooManyRequests: args.retry_on_http_429,
    headers: [...args.headers],
  };
}
