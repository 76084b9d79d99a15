import type { DeliveryCode } from "../../component/receiver.ts";

/** The error codes of Connect and gRPC: https://connectrpc.com/docs/protocol/#error-codes */
export type RpcCode = DeliveryCode;

interface CodeNumbers {
  /** The status of a Connect answer with this code. */
  readonly http: number;
  /** The value of `grpc-status`. */
  readonly grpc: number;
}

const numbers: Readonly<Record<RpcCode, CodeNumbers>> = {
  canceled: { http: 499, grpc: 1 },
  unknown: { http: 500, grpc: 2 },
  invalid_argument: { http: 400, grpc: 3 },
  deadline_exceeded: { http: 504, grpc: 4 },
  not_found: { http: 404, grpc: 5 },
  already_exists: { http: 409, grpc: 6 },
  permission_denied: { http: 403, grpc: 7 },
  resource_exhausted: { http: 429, grpc: 8 },
  failed_precondition: { http: 400, grpc: 9 },
  aborted: { http: 409, grpc: 10 },
  out_of_range: { http: 400, grpc: 11 },
  unimplemented: { http: 501, grpc: 12 },
  internal: { http: 500, grpc: 13 },
  unavailable: { http: 503, grpc: 14 },
  data_loss: { http: 500, grpc: 15 },
  unauthenticated: { http: 401, grpc: 16 },
};

export function httpStatusOf(code: RpcCode): number {
  return numbers[code].http;
}

export function grpcStatusOf(code: RpcCode): number {
  return numbers[code].grpc;
}

export function isRpcCode(text: string): text is RpcCode {
  return Object.hasOwn(numbers, text);
}

/** What an HTTP status means when the answer carries no code of its own: https://connectrpc.com/docs/protocol/#http-to-error-code */
export function codeOfHttpStatus(status: number): RpcCode {
  switch (status) {
    case 400:
      return "internal";
    case 401:
      return "unauthenticated";
    case 403:
      return "permission_denied";
    case 404:
      return "unimplemented";
    case 429:
    case 502:
    case 503:
    case 504:
      return "unavailable";
    default:
      return "unknown";
  }
}
