import { ProfileDataError } from "../profile-data-error.ts";
import { quoteBytes } from "../text/quote.ts";
import { WireReader, wireType } from "../wire/wire-reader.ts";
import { profileField } from "./fields.ts";
import { isGzip } from "./gzip.ts";

/**
 * Why an HTTP answer is no pprof, undefined when it may be one. Texts are the reference's, to be put after `invalid profile data: `.
 *
 * Content type `application/octet-stream`, as Go sends it, is believed unless the body is plainly something else. Any other type is accepted when the
 * body looks like pprof through and through, since several exporters name types of their own. A missing type is refused.
 */
export function sniffPprof(body: Uint8Array, contentType: string | undefined): string | undefined {
  if (contentType === undefined || contentType === "") return "missing Content-Type header";
  if (!contentType.toLowerCase().startsWith("application/octet-stream")) {
    return looksLikePprof(body) ? undefined : `unexpected Content-Type ${contentType}, expected application/octet-stream for pprof data`;
  }
  if (looksLikeText(body)) return textResponse(body);
  if (body.length <= 2) return "data too short for pprof format";
  const type = (body[0] ?? 0) & 7;
  if (isGzip(body)) return undefined;
  if (type < 6) return isPlainText(body) ? textResponse(body) : undefined;
  const first = Array.from(body.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `invalid protobuf data: illegal wireType ${type} (expected 0-5), first bytes: ${first}`;
}

function textResponse(body: Uint8Array): string {
  return `text response instead of pprof: ${quoteBytes(body.subarray(0, 50))} (server should return HTTP error, not 200)`;
}

/** Ten bytes or more that are text. A profile begins with a sample type or with the empty text of its table, which have bytes below a blank. */
function isPlainText(body: Uint8Array): boolean {
  return body.length >= 10 && body.subarray(0, 64).every((byte) => byte >= 0x20 || blanks.includes(String.fromCharCode(byte)));
}

const blanks = " \t\r\n";

/** A page in HTML, or JSON. */
function looksLikeText(body: Uint8Array): boolean {
  if (body.length < 10) return false;
  // Latin-1: every byte is one character.
  const text = String.fromCharCode(...body.subarray(0, 64));
  let start = 0;
  while (start < text.length && blanks.includes(text.charAt(start))) start += 1;
  const rest = body.length - start;
  if ((rest >= 9 && /^<!d/i.test(text.slice(start))) || (rest >= 5 && /^<[hbt]/i.test(text.slice(start)))) return true;
  return body.length > 20 && /^[{[]/.test(text.slice(start));
}

/** Fields of a profile that are messages or texts; the others are numbers. */
const nested: ReadonlySet<number> = new Set([
  profileField.sampleType,
  profileField.sample,
  profileField.mapping,
  profileField.location,
  profileField.function,
  profileField.stringTable,
  profileField.periodType,
]);
const checkedFields = 1000;

function looksLikePprof(body: Uint8Array): boolean {
  if (isGzip(body)) return true;
  const reader = new WireReader(body);
  let sampleTypes = 0;
  try {
    for (let count = 0; count < checkedFields && reader.position < reader.end; count += 1) {
      const tag = reader.tag();
      const field = tag >>> 3;
      const type = tag & 7;
      if (field > profileField.docUrl) return false;
      const fits =
        type === (nested.has(field) ? wireType.bytes : wireType.varint) || (field === profileField.comment && type === wireType.bytes);
      if (!fits) return false;
      reader.skip(type);
      if (field === profileField.sampleType) sampleTypes += 1;
    }
  } catch (error) {
    if (error instanceof ProfileDataError) return false;
    throw error;
  }
  return sampleTypes > 0;
}
