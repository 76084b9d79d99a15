import type { DebugInfoClient } from "./debug-info-client.ts";
import type { Profile } from "./profile.ts";

/** What bounds a delivery besides the sink's own limits. */
export interface DeliveryContext {
  /** Aborts when the sender has gone or the source stops. */
  readonly signal?: AbortSignal | undefined;
  /** When the sender stops waiting, in milliseconds since 1970. */
  readonly deadline?: number | undefined;
  /** To be called before `append` resolves by who may read the bytes of a body after that. */
  keepBodies?(): void;
}

/**
 * Takes profiles. Neighbours in the list with the very same `labels` object are one series and stay together.
 * A receiver handed out as an export stays valid for the life of its component, across all updates.
 */
export interface ProfileReceiver {
  /**
   * Resolves when every profile is safe (delivered, or on disk) or was dropped on purpose and counted; rejects with a {@link DeliveryError}. The bytes of
   * bodies are borrowed: once it has resolved, their memory may be filled with others, unless somebody has called {@link DeliveryContext.keepBodies}.
   */
  append(profiles: readonly Profile[], context: DeliveryContext): Promise<void>;
  /** The servers down the pipeline that take debug information, in order. Absent: none. */
  debugInfoClients?(): readonly DebugInfoClient[];
}

/** Those of several receivers. */
export function debugInfoClientsOf(receivers: readonly ProfileReceiver[]): readonly DebugInfoClient[] {
  return receivers.flatMap((receiver) => receiver.debugInfoClients?.() ?? []);
}

/** Connect's codes: https://connectrpc.com/docs/protocol/#error-codes */
export type DeliveryCode =
  | "canceled"
  | "unknown"
  | "invalid_argument"
  | "deadline_exceeded"
  | "not_found"
  | "already_exists"
  | "permission_denied"
  | "resource_exhausted"
  | "failed_precondition"
  | "aborted"
  | "out_of_range"
  | "unimplemented"
  | "internal"
  | "unavailable"
  | "data_loss"
  | "unauthenticated";

export interface DeliveryErrorOptions extends ErrorOptions {
  readonly code: DeliveryCode;
  /** Whether the same profile may succeed later. */
  readonly retryable: boolean;
  /** The HTTP status of the server that refused it, passed on to `/ingest` senders. */
  readonly status?: number | undefined;
  /** Some receivers took the profiles: what is sent in their place must not say the same again. */
  readonly partial?: boolean | undefined;
}

/** Why profiles did not get through. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  readonly code: DeliveryCode;
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly partial: boolean;

  constructor(message: string, options: DeliveryErrorOptions) {
    super(message, options);
    this.code = options.code;
    this.retryable = options.retryable;
    this.status = options.status;
    this.partial = options.partial ?? false;
  }

  /** Any thrown thing as a delivery error; one that is not ours is `unknown` and may be retried. */
  static from(error: unknown): DeliveryError {
    if (error instanceof DeliveryError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new DeliveryError(message, { code: "unknown", retryable: true, cause: error });
  }
}
