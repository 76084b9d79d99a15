import { bytesFromText } from "@flameline/syntax";
import { readTrimmed } from "../files.ts";
import type { HttpClientArguments } from "./arguments.ts";
import type { AuthorizationArguments, BasicAuthArguments } from "./auth-arguments.ts";

/** Gives the value of the `Authorization` header for the next request. Rejects when a file cannot be read or no token can be had. */
export type Authorizer = () => string | Promise<string>;

/** The authorizer that the settings ask for, except for OAuth 2; undefined for none. */
export function plainAuthorizer({ basic_auth: basic, authorization }: HttpClientArguments): Authorizer | undefined {
  if (basic !== undefined) return basicAuthorizer(basic);
  return authorization === undefined ? undefined : schemeAuthorizer(authorization);
}

function basicAuthorizer({ username, password, password_file: file }: BasicAuthArguments): Authorizer {
  if (file === "") {
    const value = basicCredentials(username, password.reveal());
    return () => value;
  }
  return async () => basicCredentials(username, await secretOf(file, "basic auth password"));
}

/** The value of `Authorization` for a user and a password (RFC 7617). Both may be empty. */
export function basicCredentials(username: string, password: string): string {
  return `Basic ${Buffer.from(bytesFromText(`${username}:${password}`)).toString("base64")}`;
}

function schemeAuthorizer({ type, credentials, credentials_file: file }: AuthorizationArguments): Authorizer {
  if (file === "") {
    const value = `${type} ${credentials.reveal()}`;
    return () => value;
  }
  return async () => `${type} ${await secretOf(file, "authorization credentials")}`;
}

/** The content of a file with a secret; `what` names it in the error. */
export async function secretOf(file: string, what: string): Promise<string> {
  try {
    return await readTrimmed(file);
  } catch (error) {
    throw new Error(`unable to read ${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
