import type { BodyBudget } from "../server/body-budget.ts";
import { BodyBudgetError } from "../server/body-budget.ts";
import type { BodyMemory } from "../server/body-memory.ts";
import { readBody } from "../server/body.ts";
import type { IncomingRequest, OutgoingResponse } from "../server/exchange.ts";
import { disconnectController, respond } from "../server/exchange.ts";
import { ConnectCall } from "./connect-call.ts";
import type { Codec } from "./content-type.ts";
import { acceptedContentTypes, rpcContentType } from "./content-type.ts";
import { Deadline } from "./deadline.ts";
import { GrpcCall } from "./grpc-call.ts";
import { RpcError } from "./rpc-error.ts";

export interface CallContext {
  /** When the caller stops waiting, in milliseconds since 1970. */
  readonly deadline?: number | undefined;
  /** Aborts when the caller has gone or its deadline has passed. */
  readonly signal: AbortSignal;
  /** Of `signal`: who serves the call may abort it for reasons of its own. */
  readonly caller: AbortController;
  /** To be called by who may read the message after the call has succeeded. */
  keepBodies(): void;
}

export interface UnaryOptions {
  /** Most bytes of a message, as sent and unpacked. */
  readonly maxBytes: number;
  /** What messages count in, as sent and unpacked, until their answer is over. */
  readonly budget?: BodyBudget | undefined;
  /** Where messages get their memory from, and where it goes when `handle` has resolved. */
  readonly memory?: BodyMemory | undefined;
  /**
   * Takes the request's message and resolves to the answer's, both written in `codec`. Throws a {@link RpcError} or a `DeliveryError` to choose the
   * caller's error code.
   */
  handle(message: Uint8Array, codec: Codec, context: CallContext): Promise<Uint8Array>;
  /** Is told why a message never came to `handle`: refused by its headers or its size, cut off, unreadable. Not when it may come again: the budget is spent. */
  unread?(text: string): void;
}

/** A call in the form of one of the protocols. Its methods throw {@link RpcError}s for what the caller did wrong. */
export interface UnaryCall {
  /** How long the caller waits, in milliseconds. */
  timeoutMs(): number | undefined;
  /** Checks the headers; `succeed` and `fail` may be called before it. */
  accept(): void;
  /** The message in a body. */
  message(body: Buffer, maxBytes: number): Promise<Uint8Array>;
  succeed(message: Uint8Array): void | Promise<void>;
  fail(error: RpcError): void;
}

/**
 * Serves a POST as a unary call of Connect, gRPC or gRPC-web, whichever its content type names. Resolves when the answer has been given; never rejects.
 */
export async function serveUnary(request: IncomingRequest, response: OutgoingResponse, options: UnaryOptions): Promise<void> {
  const type = rpcContentType(request.headers["content-type"]);
  if (type === undefined) {
    request.resume();
    options.unread?.(`no RPC has the content type ${JSON.stringify(request.headers["content-type"] ?? "")}`);
    respond(response, 415, { "accept-post": acceptedContentTypes });
    return;
  }
  const call = type.protocol === "connect" ? new ConnectCall(request, response, type) : new GrpcCall(request, response, type);
  // Not `using`: the engine's stack of what is to be disposed of costs more than the rest of the function.
  let deadline: Deadline | undefined;
  let handled = false;
  try {
    call.accept();
    const caller = disconnectController(response);
    deadline = new Deadline(call.timeoutMs(), caller);
    const body = await readBody(request, options);
    const message = await call.message(body, options.maxBytes);
    if (message.buffer !== body.buffer) options.budget?.take(request, message.length);
    if (type.codec === "json" && message.length === 0) {
      throw new RpcError("invalid_argument", "unmarshal message: zero-length payload is not a valid JSON object");
    }
    let kept = false;
    const keepBodies = (): void => {
      kept = true;
    };
    handled = true;
    const answer = await options.handle(message, type.codec, { deadline: deadline.at, signal: caller.signal, caller, keepBodies });
    if (!kept) options.memory?.giveBack(body);
    await call.succeed(answer);
  } catch (error) {
    request.resume();
    const failed = RpcError.from(error);
    if (!handled && !(error instanceof BodyBudgetError)) options.unread?.(`${failed.code}: ${failed.message}`);
    call.fail(failed);
  } finally {
    deadline?.cancel();
  }
}
