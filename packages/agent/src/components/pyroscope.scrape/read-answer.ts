import { STATUS_CODES } from "../../http/node-http.ts";
import { isGzip, sniffPprof } from "@flameline/profile";
import { textFromBytes } from "@flameline/syntax";
import type { HttpResponse } from "../../http/client/http-message.ts";
import type { Fetched, FetchFailure } from "./fetch-profile.ts";
import { gunzip, gunzipHead } from "./gzip.ts";
import type { ScrapeLimits } from "./scrape-limits.ts";

const pprofType = "application/octet-stream";
/** So much of an error page is kept for the message. */
const maxMessageBytes = 2048;

/**
 * The pprof in a target's answer, as it came; or why there is none. `profileType` is only for the message. Bodies are not unpacked beyond their
 * beginning, unless the server packed the pprof once more (Content-Encoding).
 */
export async function readAnswer(response: HttpResponse, profileType: string, limits: ScrapeLimits): Promise<Fetched> {
  if (response.status < 200 || response.status > 299) return { failure: statusFailure(response) };
  if (response.body.length === 0) return invalid(`empty ${profileType} profile`);
  const decoded = await removeEncoding(response, limits);
  if (typeof decoded === "string") return invalid(decoded);
  const problem = sniffPprof(decoded, response.headers.get("content-type")) ?? packedProblem(decoded);
  return problem === undefined ? { data: decoded } : invalid(`invalid profile data: ${problem}`);
}

function invalid(message: string): { readonly failure: FetchFailure } {
  return { failure: { reason: "invalid", message } };
}

function statusFailure({ status, statusText, body }: HttpResponse): FetchFailure {
  const text = textFromBytes(body.subarray(0, maxMessageBytes)).trim();
  const line = `${status} ${statusText === "" ? (STATUS_CODES[status] ?? "") : statusText}`.trim();
  return { reason: status === 404 ? "absent" : "status", message: `server returned HTTP status (${status}) ${text === "" ? line : text}` };
}

/** The body without the server's content encoding, which nobody asked for; a text says why it cannot be removed. */
async function removeEncoding({ headers, body }: HttpResponse, limits: ScrapeLimits): Promise<Uint8Array | string> {
  const encoding = (headers.get("content-encoding") ?? "").trim().toLowerCase();
  if (encoding === "" || encoding === "identity") return body;
  if (encoding !== "gzip" && encoding !== "x-gzip") return `unsupported Content-Encoding ${encoding}`;
  try {
    // A pprof that was packed only by the server is a packed pprof as it came.
    return isGzip(gunzipHead(body)) ? await gunzip(body, limits.maxAnswerBytes) : body;
  } catch (error) {
    return `failed to read body: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Looks at the beginning of what is inside a gzip, and at its end. */
function packedProblem(data: Uint8Array): string | undefined {
  if (!isGzip(data)) return undefined;
  try {
    return sniffPprof(gunzipHead(data), pprofType) ?? (isCut(data) ? "unexpected EOF" : undefined);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A byte of deflate holds at most so many: 258 in two bits. */
const maxDeflateFactor = 1032;

/**
 * Whether a gzip surely lacks its end, which says how much is in it: anything else there is too much in nearly all cases. Unpacking would cost more than
 * the scrape, and what is not noticed here is refused by the server.
 */
function isCut(data: Uint8Array): boolean {
  if (data.length < 18) return true;
  return new DataView(data.buffer, data.byteOffset).getUint32(data.length - 4, true) > data.length * maxDeflateFactor;
}
