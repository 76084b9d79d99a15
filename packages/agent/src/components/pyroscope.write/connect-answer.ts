import { WireReader } from "@flameline/profile";
import type { DeliveryCode } from "../../component/receiver.ts";
import type { HttpResponse } from "../../http/client/http-message.ts";
import { codeOfHttpStatus, isRpcCode } from "../../http/rpc/codes.ts";
import type { Failure } from "./failure.ts";
import { failure, isRetryableCode, isRetryableStatus, reasonOfStatus, retryAfterMs } from "./failure.ts";
import { answerBody } from "./http-answer.ts";
import { statusLine } from "../../http/client/status-line.ts";

/** The words of Connect's Go library, with the no-break space that protobuf's puts there. */
const unreadable = "unmarshal message: unmarshal into *pushv1.PushResponse: proto:\u{a0}cannot parse invalid wire-format data";

/**
 * What the answer to a Connect unary call with an empty response message means; undefined when it is a success. Any 2xx other than 200 is one: the
 * server took the request, whatever stands between it and us made of its answer.
 *
 * A Connect error is judged by its code. An answer without one comes from something in front of the server: among those, a client error other than
 * 408 and 429 will not pass by itself.
 */
export function judgeConnectAnswer(response: HttpResponse, retryTooManyRequests: boolean): Failure | undefined {
  const { status } = response;
  if (status === 200) return judgeMessage(response);
  return status > 200 && status < 300 ? undefined : connectFailure(response, retryTooManyRequests);
}

/** What an answer that is not a success means. */
export function connectFailure(response: HttpResponse, retryTooManyRequests: boolean): Failure {
  const { status } = response;
  const wire = readError(response);
  const code = wire?.code ?? codeOfHttpStatus(status);
  const clientError = wire === undefined && status >= 400 && status < 500;
  return failure(code, `${code}: ${wire?.message ?? statusLine(response)}`, {
    retryable: clientError ? isRetryableStatus(status, retryTooManyRequests) : isRetryableCode(code, retryTooManyRequests),
    status,
    reason: wire?.code === undefined ? reasonOfStatus(status) : undefined,
    retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
  });
}

function judgeMessage(response: HttpResponse): Failure | undefined {
  const type = response.headers.get("content-type") ?? "";
  if (!/^application\/proto(;|$)/i.test(type)) {
    const code = type.startsWith("application/") ? "internal" : "unknown";
    return failure(code, `${code}: invalid content-type: ${JSON.stringify(type)}; expecting "application/proto"`, { retryable: true });
  }
  if (response.body.length === 0 || holdsMessage(response)) return undefined;
  return failure("invalid_argument", `invalid_argument: ${unreadable}`, { retryable: false });
}

function holdsMessage(response: HttpResponse): boolean {
  try {
    const reader = new WireReader(answerBody(response));
    while (reader.position < reader.end) reader.skip(reader.number() & 7);
    return true;
  } catch {
    return false;
  }
}

/** The error of an answer whose body is one: https://connectrpc.com/docs/protocol/#error-end-stream */
function readError(response: HttpResponse): { readonly code: DeliveryCode | undefined; readonly message: string } | undefined {
  if (!/^application\/json(;|$)/i.test(response.headers.get("content-type") ?? "")) return undefined;
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(answerBody(response)));
    if (typeof parsed !== "object" || parsed === null) return undefined;
    const { code, message } = parsed as { readonly code?: unknown; readonly message?: unknown };
    return { code: typeof code === "string" && isRpcCode(code) ? code : undefined, message: typeof message === "string" ? message : "" };
  } catch {
    return undefined;
  }
}
