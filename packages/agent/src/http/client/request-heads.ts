import type { RequestHead } from "./http1/request-head.ts";
import { formatRequestHead } from "./http1/request-head.ts";

/** What a request needs of its URL. */
export interface Place {
  readonly host: string;
  readonly origin: string;
  /** With the query. */
  readonly path: string;
}

/** A request as far as its head goes. */
export interface HeadOptions extends Pick<RequestHead, "method" | "headers" | "ownHost" | "closeAfter"> {
  readonly url: URL;
}

/** Writes the heads of requests. Callers send the same URL and headers, which must not change, again and again: the last ones are remembered. */
export class RequestHeads {
  #url: URL | undefined;
  #place: Place = { host: "", origin: "", path: "" };
  #last: HeadOptions | undefined;
  #head = "";

  placeOf(url: URL): Place {
    if (this.#url !== url) {
      this.#url = url;
      this.#place = { host: url.host, origin: url.origin, path: url.pathname + url.search };
    }
    return this.#place;
  }

  /** For the server itself. */
  headOf(options: HeadOptions): string {
    const { method, url, headers, closeAfter } = options;
    const last = this.#last;
    if (last?.url !== url || last.headers !== headers || last.method !== method || last.closeAfter !== closeAfter) {
      const { host, path } = this.placeOf(url);
      this.#head = formatRequestHead({ ...options, target: path, host });
      this.#last = options;
    }
    return this.#head;
  }

  /** For a proxy that takes requests as a whole. */
  proxyHeadOf(options: HeadOptions, authorization: string | undefined): string {
    const { host, origin, path } = this.placeOf(options.url);
    const added = authorization === undefined ? [] : ["Proxy-Authorization", authorization];
    return formatRequestHead({ ...options, headers: [...options.headers, ...added], target: origin + path, host });
  }
}
