import type { AnswerHead } from "./answer-head.ts";
import { parseAnswerHead } from "./answer-head.ts";
import { ChunkedBody } from "./chunked-body.ts";
import { MalformedAnswerError } from "./malformed-answer-error.ts";

/** Most bytes of an answer's status line and headers. */
const maxHeadBytes = 1024 * 1024;

const feedReturnFeed = Buffer.from("\n\r\n");
const feedFeed = Buffer.from("\n\n");

export interface AnswerListener {
  onHead(head: AnswerHead): void;
  onData(chunk: Buffer): void;
}

/** Reads one answer from the bytes of a connection; interim answers before it are left out. */
export class AnswerReader {
  readonly #method: string;
  readonly #listener: AnswerListener;
  #begun: Buffer | undefined;
  #head: AnswerHead | undefined;
  /** Of this answer and the interim ones before it. */
  #headBytes = 0;
  #left = 0;
  #chunks: ChunkedBody | undefined;
  #ended = false;
  #surplus = false;

  constructor(method: string, listener: AnswerListener) {
    this.#method = method;
    this.#listener = listener;
  }

  /** The head of the answer has come. */
  get answered(): boolean {
    return this.#head !== undefined;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Something came behind the end of the answer, which belongs to nothing. */
  get surplus(): boolean {
    return this.#surplus;
  }

  /**
   * Takes what came.
   *
   * @throws MalformedAnswerError when it is no answer
   */
  take(bytes: Buffer): void {
    let rest = bytes;
    while (this.#head === undefined) {
      const joined = this.#begun === undefined ? rest : Buffer.concat([this.#begun, rest]);
      const end = endOfHead(joined, this.#begun?.length ?? 0);
      if ((end?.from ?? joined.length) > maxHeadBytes) throw new MalformedAnswerError("server response headers exceeded the limit");
      // What is kept must not hold on to the whole buffer of the connection.
      this.#begun = end === undefined ? Buffer.from(joined) : undefined;
      if (end === undefined) return;
      this.#headBytes += end.to;
      if (this.#headBytes > maxHeadBytes) throw new MalformedAnswerError("server response headers exceeded the limit");
      this.#start(parseAnswerHead(joined.toString("latin1", 0, end.from), this.#method));
      rest = joined.subarray(end.to);
    }
    this.#takeBody(rest);
  }

  /** The connection has ended: whether the answer ends with it. */
  finish(): boolean {
    if (this.#head?.bodyEnd.kind === "close") this.#ended = true;
    return this.#ended;
  }

  #start(head: AnswerHead): void {
    if (head.status === 101) throw new MalformedAnswerError("the server switched protocols, which nobody had asked for");
    // Interim answers such as 103 come before the real one.
    if (head.status < 200) return;
    this.#head = head;
    if (head.bodyEnd.kind === "length") this.#left = head.bodyEnd.length;
    if (head.bodyEnd.kind === "chunked") this.#chunks = new ChunkedBody((chunk) => this.#listener.onData(chunk));
    this.#listener.onHead(head);
  }

  #takeBody(bytes: Buffer): void {
    const kind = this.#head?.bodyEnd.kind;
    if (kind === "close") {
      if (bytes.length > 0) this.#listener.onData(bytes);
    } else if (this.#chunks !== undefined) {
      this.#surplus = this.#chunks.take(bytes) < bytes.length;
      this.#ended = this.#chunks.ended;
    } else {
      const part = bytes.subarray(0, this.#left);
      this.#left -= part.length;
      if (part.length > 0) this.#listener.onData(part);
      this.#ended = this.#left === 0;
      this.#surplus = part.length < bytes.length;
    }
  }
}

/** Where the head ends and where what follows begins; the first `seen` bytes were looked through before. */
function endOfHead(bytes: Buffer, seen: number): { readonly from: number; readonly to: number } | undefined {
  const start = Math.max(0, seen - 3);
  const usual = bytes.indexOf(feedReturnFeed, start);
  const bare = (usual < 0 ? bytes : bytes.subarray(0, usual + 1)).indexOf(feedFeed, start);
  if (bare >= 0) return { from: bare, to: bare + 2 };
  return usual < 0 ? undefined : { from: usual, to: usual + 3 };
}
