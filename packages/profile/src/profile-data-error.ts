/**
 * - `truncated`: the data ends within a field
 * - `malformed`: the data breaks the rules of its format
 * - `too_large`: a limit of ours is exceeded
 * - `compressed`: the data cannot be decompressed
 */
export type ProfileDataErrorCode = "truncated" | "malformed" | "too_large" | "compressed";

/** Data of someone else that this package cannot work with. The only error that the codecs of this package throw for bad input. */
export class ProfileDataError extends Error {
  override readonly name = "ProfileDataError";
  readonly code: ProfileDataErrorCode;

  constructor(code: ProfileDataErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** The same problem with words before its message. */
  prefixed(prefix: string): ProfileDataError {
    return new ProfileDataError(this.code, prefix + this.message, { cause: this });
  }
}
