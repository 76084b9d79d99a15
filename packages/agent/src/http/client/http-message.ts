export interface HttpRequest {
  readonly method: string;
  readonly url: URL | string;
  /** Names and values, texts as `@flameline/syntax` describes. They win over what the client would set itself. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /**
   * Bytes, or what gives them one after the other: then the request cannot be repeated, and redirects that would repeat it fail. Bytes may be changed once
   * there is an answer; after a failure they may still be read.
   */
  readonly body?: Uint8Array | readonly Uint8Array[] | AsyncIterable<Uint8Array> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long everything may take: fetching a token, connecting, redirects, the whole answer. Without limit when absent. */
  readonly timeoutMs?: number | undefined;
  /** Most bytes of the answer's body; {@link defaultMaxResponseBytes} when absent. */
  readonly maxResponseBytes?: number | undefined;
  /**
   * Takes the body of an answer of status 2xx as it comes: for one that is too long to keep, or never ends. The response's own body is empty then, and
   * its size is not limited. Must not throw, and must copy what it keeps.
   */
  readonly onData?: ((chunk: Uint8Array) => void) | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** The words after the status; empty over HTTP/2, which has none. */
  readonly statusText: string;
  /** Names in lower case, the first value of each. */
  readonly headers: ReadonlyMap<string, string>;
  /** As sent: a `Content-Encoding` is not undone. */
  readonly body: Uint8Array;
}

/** Most bytes of an answer's body when the request says nothing else. */
export const defaultMaxResponseBytes = 64 * 1024 * 1024;

export interface HttpClient {
  /** The final answer, of any status. Rejects with a `HttpClientError` only. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Lets requests in progress end, redirects included, then closes the connections: later requests are refused as `canceled`. */
  close(): Promise<void>;
}
