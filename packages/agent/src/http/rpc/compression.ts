import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";
import { RpcError } from "./rpc-error.ts";

/** Names of the compressions that messages may have, besides none. */
export const supportedEncodings = "gzip";

export interface Negotiated {
  /** How the request's message is compressed: `gzip`, or undefined for not at all. */
  readonly request: string | undefined;
  /** Whether the answer's message is sent in gzip. */
  readonly gzipResponse: boolean;
}

/** `sent` is the request's encoding, `accepted` the list of those that the client takes. An answer is compressed when either names gzip. */
export function negotiate(sent: string | undefined, accepted: string | undefined): Negotiated {
  if (sent !== undefined && sent !== "" && sent !== "identity" && sent !== "gzip") {
    const message = `unknown compression ${JSON.stringify(sent)}: supported encodings are ${supportedEncodings}`;
    throw new RpcError("unimplemented", message);
  }
  const request = sent === "gzip" ? sent : undefined;
  return { request, gzipResponse: request !== undefined || (accepted?.split(/[, ]/).includes("gzip") ?? false) };
}

const gzipLater = promisify(gzip);

/** Up to this size a message is compressed at once: another thread would cost more than the work. */
const inlineBytes = 4096;

const gzippedEmpty = gzipSync("");

export function compress(message: Uint8Array): Uint8Array | Promise<Uint8Array> {
  if (message.length === 0) return gzippedEmpty;
  return message.length <= inlineBytes ? gzipSync(message) : gzipLater(message);
}
