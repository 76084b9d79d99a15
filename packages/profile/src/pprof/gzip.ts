import { ProfileDataError } from "../profile-data-error.ts";

/** Compression of whoever uses this package: browsers and Node have different ones. Both methods return bytes of their own. */
export interface Gzip {
  /** Throws when the data is damaged or would unpack to more than `maxBytes`; the size that the data claims must not be trusted. */
  gunzip(data: Uint8Array, maxBytes: number): Uint8Array;
  gzip(data: Uint8Array): Uint8Array;
}

/** Whether the data begins as gzip does: https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1 */
export function isGzip(data: Uint8Array): boolean {
  return data[0] === 0x1f && data[1] === 0x8b;
}

/** The data unpacked when it is gzip, else as it is. @throws ProfileDataError when it is damaged or too large */
export function unpacked(data: Uint8Array, gzip: Gzip, maxBytes: number): Uint8Array {
  if (!isGzip(data)) return data;
  try {
    return gzip.gunzip(data, maxBytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProfileDataError("compressed", `decompressing profile: ${reason}`, { cause: error });
  }
}
