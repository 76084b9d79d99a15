import { receivers } from "../../component/capsules.ts";
import { grpcServerBlock, httpServerBlock } from "../../http/server/arguments.ts";
import type { Infer } from "../../schema/index.ts";
import { attr, block, byteSize, duration, list, optionalBlock, string } from "../../schema/index.ts";

export const receiveHttpFields = {
  http: block(httpServerBlock, { doc: "Where and how to listen. The server starts anew when any of it changes." }),
  grpc: optionalBlock(grpcServerBlock, { deprecated: true, doc: "Accepted and ignored: gRPC is served on the HTTP port." }),
  graceful_shutdown_timeout: attr(duration, {
    default: 30_000,
    doc: "How long requests in progress may take to end when the server stops.",
  }),
  forward_to: attr(receivers, { required: true, doc: "Receivers of the profiles; every one of them gets every profile." }),
  max_pending_bytes: attr(byteSize, {
    default: 64 * 2 ** 20,
    extension: true,
    doc: "Most bytes that the bodies of requests in progress take in memory together. A sender beyond that gets 429 (`resource_exhausted`) with `Retry-After`; a request that is alone is never refused.",
  }),
  tenant_headers: attr(list(string), {
    extension: true,
    doc: "Headers that are trusted to name the tenant of a profile, for example `X-Scope-OrgID`: the first one in a request becomes the label `__tenant_id__`, by which `pyroscope.write` chooses the tenant. Empty: whatever senders say about tenants is ignored, as in Alloy.",
  }),
  debug_info_upload_timeout: attr(duration, { default: 120_000, doc: "How long passing on one file with debug information may take." }),
};

export type ReceiveHttpArguments = Infer<typeof receiveHttpFields>;

export function validateReceiveHttp({ max_pending_bytes: bytes }: ReceiveHttpArguments): string | undefined {
  return bytes > 0 ? undefined : "max_pending_bytes must be greater than 0";
}
