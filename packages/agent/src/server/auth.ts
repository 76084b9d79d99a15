import { createHash, timingSafeEqual } from "node:crypto";
import type { HttpAuthArguments } from "./http-block.ts";

/**
 * Whether a request to `path` may pass. An empty list of paths in `filter` protects everything: in the reference such a filter switches authentication off
 * silently.
 *
 * @param path decoded and clean, so that no other spelling of it gets around the filter
 * @param authorization the request's header
 */
export function isAuthorized(auth: HttpAuthArguments | undefined, path: string, authorization: string | undefined): boolean {
  if (auth?.basic === undefined || !needsAuth(auth, path)) return true;
  const { username, password } = auth.basic;
  const given = credentialsOf(authorization);
  return given !== undefined && equal(given, `${username}:${password.reveal()}`);
}

function needsAuth({ filter }: HttpAuthArguments, path: string): boolean {
  if (filter === undefined || filter.paths.length === 0) return true;
  return filter.paths.some((prefix) => path.startsWith(prefix)) === filter.authenticate_matching_paths;
}

/** `user:password` of a `Basic` header (RFC 7617). */
function credentialsOf(authorization: string | undefined): string | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization ?? "") ?? [];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString();
}

/** Takes the same time for any two texts. */
function equal(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
