/** What came is no HTTP/1 answer. */
export class MalformedAnswerError extends Error {
  override readonly name = "MalformedAnswerError";
}
