import type { BodyBudget } from "../../http/server/body-budget.ts";
import { BodyBudgetError } from "../../http/server/body-budget.ts";
import type { BodyMemory } from "../../http/server/body-memory.ts";
import { BodyTooLargeError, BodyTruncatedError, readBody } from "../../http/server/body.ts";
import { ContentDecodingError, decodeContent } from "../../http/server/content-encoding.ts";
import type { IncomingRequest } from "../../http/server/exchange.ts";

/** Most bytes of a request's body, as sent. Servers take up to four times that, profiles are far below. */
export const maxBodyBytes = 64 * 1024 * 1024;
/** Most bytes of a request's body once its content encoding is undone. */
const maxContentBytes = 128 * 1024 * 1024;

/** Why a body cannot be taken, with the HTTP status that says so. */
export class ContentError extends Error {
  override readonly name = "ContentError";
  readonly status: number;
  /** When the sender may try again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, cause: Error, retryAfterSeconds?: number) {
    super(cause.message, { cause });
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The body of a request without its content encoding. Rejects with a {@link ContentError}. */
export async function readContent(request: IncomingRequest, budget: BodyBudget, memory: BodyMemory): Promise<Uint8Array> {
  try {
    const body = await readBody(request, { maxBytes: maxBodyBytes, budget, memory });
    const content = await decodeContent(request.headers["content-encoding"], body, { maxBytes: maxContentBytes });
    if (content !== body) {
      memory.giveBack(body);
      budget.take(request, content.length);
    }
    return content;
  } catch (error) {
    if (error instanceof BodyBudgetError) throw new ContentError(429, error, error.retryAfterSeconds);
    if (error instanceof BodyTooLargeError) throw new ContentError(413, error);
    if (error instanceof BodyTruncatedError) throw new ContentError(400, error);
    if (error instanceof ContentDecodingError) throw new ContentError(decodingStatus[error.code], error);
    throw error;
  }
}

const decodingStatus: Readonly<Record<ContentDecodingError["code"], number>> = { too_large: 413, corrupt: 400, unsupported: 415 };
