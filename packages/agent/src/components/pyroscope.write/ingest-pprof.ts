import { firstValue, parseQuery } from "../../component/query-string.ts";
import type { IngestDelivery } from "./delivery.ts";

/** The pprof in a request to `/ingest`. */
export interface IngestPprof {
  readonly data: Uint8Array;
  /** The body of the same request with another pprof in its place. */
  bodyWith(data: Uint8Array): Uint8Array;
}

/** Parts of a form whose contents belong to the profile's: a server subtracts one from the other. */
const inseparable = /[;\s]name="(?:prev_profile|jfr|labels)"/i;

/**
 * Finds it where a server does: the body itself with `format=pprof`, or the part `profile` of a form, as Go's SDK sends it. Undefined when the body is of
 * another kind, or has more in it that belongs to the profile.
 */
export function ingestPprof({
  query,
  contentTypes,
  data,
}: Pick<IngestDelivery, "query" | "contentTypes" | "data">): IngestPprof | undefined {
  const form = contentTypes.find((type) => /^\s*multipart\/form-data/i.test(type));
  if (form !== undefined) return inForm(data, form);
  const isOther = contentTypes.some((type) => /binary\/octet-stream\+(?:trie|tree)/i.test(type));
  if (isOther || firstValue(parseQuery(query), "format") !== "pprof") return undefined;
  return { data, bodyWith: (changed) => changed };
}

function inForm(body: Uint8Array, contentType: string): IngestPprof | undefined {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return undefined;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  let found: { readonly start: number; readonly end: number } | undefined;
  for (const { headers, start, end } of parts(bytes, `--${boundary}`)) {
    if (inseparable.test(headers)) return undefined;
    if (!/[;\s]name="profile"/i.test(headers)) continue;
    if (found !== undefined) return undefined;
    found = { start, end };
  }
  if (found === undefined) return undefined;
  const { start, end } = found;
  return {
    data: body.subarray(start, end),
    bodyWith: (changed) => Buffer.concat([body.subarray(0, start), changed, body.subarray(end)]),
  };
}

/** The parts of a form (RFC 2046, 5.1.1): what stands between a line with the delimiter and the line break before the next. */
function* parts(bytes: Buffer, delimiter: string): Generator<{ readonly headers: string; readonly start: number; readonly end: number }> {
  for (let at = bytes.indexOf(delimiter); at >= 0;) {
    const headersAt = at + delimiter.length;
    const headersEnd = bytes.indexOf("\r\n\r\n", headersAt);
    const next = bytes.indexOf(`\r\n${delimiter}`, headersAt);
    if (headersEnd < 0 || next < headersEnd) return;
    yield { headers: bytes.toString("latin1", headersAt, headersEnd), start: headersEnd + 4, end: Math.max(headersEnd + 4, next) };
    at = next + 2;
  }
}
