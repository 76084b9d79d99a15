import { createHash } from "node:crypto";
import type { Authorizer } from "../../http/client/authorization.ts";
import type { HttpClientArguments } from "../../http/client/arguments.ts";
import { Secret } from "../../schema/index.ts";

/** How to reach an API server, and as whom. */
export interface Connection {
  /** A URL; may have a path. */
  readonly server: string;
  readonly http: HttpClientArguments;
  /** Gives the credentials when the settings name none. */
  readonly authorize?: Authorizer | undefined;
  /** What `authorize` gives them for; tells connections apart. */
  readonly identity?: string | undefined;
}

/** Equal for connections to the same server with the same settings. A digest, because it is made of secrets too. */
export function connectionKey({ server, http, identity }: Connection): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([server, identity, plain(http)]));
  return hash.digest("hex");
}

function plain(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (value instanceof Map) return Array.from(value as ReadonlyMap<unknown, unknown>, ([key, member]) => [key, plain(member)]);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([key, member]) => [key, plain(member)]);
}
