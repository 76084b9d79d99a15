import type { DeliveryContext } from "./receiver.ts";

/** The unary calls of `debuginfo.v1alpha1.DebuginfoService`. */
export type DebugInfoMethod = "ShouldInitiateUpload" | "UploadFinished";

export interface DebugInfoCall {
  readonly method: DebugInfoMethod;
  /** How request and answer are written. */
  readonly codec: "proto" | "json";
  readonly message: Uint8Array;
}

/** Where files with debug information (symbols of programs) go: one server that takes them. All methods reject with a `DeliveryError`. */
export interface DebugInfoClient {
  /** The answer to a call, in the codec of the request. */
  call(call: DebugInfoCall, context: DeliveryContext): Promise<Uint8Array>;
  /** Sends a file while it is read; resolves when the server has taken it. It may take until the deadline of `context`. */
  upload(buildId: string, content: AsyncIterable<Uint8Array>, context: DeliveryContext): Promise<void>;
}
