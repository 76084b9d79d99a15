import type { InputType } from "node:zlib";
import zlib from "node:zlib";

export interface DecodeLimits {
  /** Most bytes that may come out. */
  readonly maxBytes: number;
  /** Most bytes out for one byte in; counted only above {@link ratioFreeBytes}. */
  readonly maxRatio?: number;
}

/** Deflate cannot do better than 1032:1 and profiles stay far below 100:1, so this only stops bombs. */
const defaultMaxRatio = 250;

/** Output up to this size is never judged by its ratio. */
export const ratioFreeBytes = 1024 * 1024;

/** Up to this input size the work is done at once: handing it to another thread costs more than the work. */
const inlineBytes = 16 * 1024;

export class ContentDecodingError extends Error {
  override readonly name = "ContentDecodingError";
  readonly code: "too_large" | "corrupt" | "unsupported";

  constructor(code: ContentDecodingError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

interface Decoder {
  now(data: InputType, options: { maxOutputLength: number }): Buffer;
  later(data: InputType, options: { maxOutputLength: number }, done: (error: Error | null, result: Buffer) => void): void;
}

const decoders: ReadonlyMap<string, Decoder> = new Map([
  ["gzip", { now: zlib.gunzipSync, later: zlib.gunzip }],
  ["x-gzip", { now: zlib.gunzipSync, later: zlib.gunzip }],
  ["zstd", { now: zlib.zstdDecompressSync, later: zlib.zstdDecompress }],
]);

/**
 * The body without its `Content-Encoding` (gzip, zstd; none and identity give the data itself). Rejects with a {@link ContentDecodingError}; never
 * more than the limit is unpacked.
 */
export function decodeContent(encoding: string | undefined, data: Uint8Array, limits: DecodeLimits): Promise<Uint8Array> {
  const name = encoding?.trim().toLowerCase() ?? "";
  if (name === "" || name === "identity" || data.length === 0) return Promise.resolve(data);
  return decode(name, data, limits);
}

async function decode(name: string, data: Uint8Array, limits: DecodeLimits): Promise<Uint8Array> {
  const decoder = decoders.get(name);
  if (decoder === undefined) throw new ContentDecodingError("unsupported", `unsupported content encoding ${JSON.stringify(name)}`);
  const byRatio = Math.max(ratioFreeBytes, data.length * (limits.maxRatio ?? defaultMaxRatio));
  const maxOutputLength = Math.min(limits.maxBytes, byRatio);
  try {
    return await run(decoder, data, Math.max(1, maxOutputLength));
  } catch (error) {
    throw decodingError(name, error, maxOutputLength, limits.maxBytes);
  }
}

function run(decoder: Decoder, data: Uint8Array, maxOutputLength: number): Buffer | Promise<Buffer> {
  if (data.length <= inlineBytes) return decoder.now(data, { maxOutputLength });
  return new Promise((resolve, reject) => {
    decoder.later(data, { maxOutputLength }, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}

function decodingError(name: string, cause: unknown, reached: number, maxBytes: number): ContentDecodingError {
  if (cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE") {
    const text = reached < maxBytes ? "unpacks to an implausible size" : `unpacks to more than ${maxBytes} bytes`;
    return new ContentDecodingError("too_large", `${name} content ${text}`, { cause });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ContentDecodingError("corrupt", `${name}: ${reason}`, { cause });
}
