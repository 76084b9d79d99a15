import { type Component, defineComponent } from "../../component/index.ts";
import { httpClientBlock } from "../../http/client/arguments.ts";
import { parseUrl } from "../../http/client/request-url.ts";
import { unjudgedUrl } from "../../http/client/url-type.ts";
import { attr, block, bool, duration, map, optionalSecret, string } from "../../schema/index.ts";
import { pollUrl } from "./poll-url.ts";

/** A token of RFC 9110 (5.6.2). */
const methodPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export const remoteHttp: Component = defineComponent({
  name: "remote.http",
  stability: "generally-available",
  doc:
    "Exports what a URL answers with, without the white space around it. While it does not answer with status 200, the last content stays in use and the " +
    "component is unhealthy. A URL that does not answer at the start is an error.",
  arguments: {
    url: attr(unjudgedUrl, { required: true, doc: "The URL." }),
    poll_frequency: attr(duration, { default: 60_000, doc: "How often it is asked." }),
    poll_timeout: attr(duration, { default: 10_000, doc: "How long a request may take." }),
    is_secret: attr(bool, { doc: "The content is a secret: no page, log or plain string may show it." }),
    method: attr(string, { default: "GET", doc: "The method of the requests." }),
    headers: attr(map(string), { doc: "Headers of the requests." }),
    body: attr(string, { doc: "Body of the requests." }),
    client: block(httpClientBlock, { doc: "How the requests are made." }),
  },
  validate({ url, method, poll_frequency: frequency, poll_timeout: timeout }) {
    if (frequency <= 0) return "poll_frequency must be greater than 0";
    if (timeout <= 0) return "poll_timeout must be greater than 0";
    if (timeout >= frequency) return "poll_timeout must be less than poll_frequency";
    if (!methodPattern.test(method === "" ? "GET" : method)) return `net/http: invalid method ${JSON.stringify(method)}`;
    try {
      parseUrl(url);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return undefined;
  },
  exports: { content: attr(optionalSecret, { doc: "The last content." }) },
  build: (context, args) => pollUrl(context, args),
});
