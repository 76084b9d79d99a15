import { getSystemErrorMessage } from "node:util";

/** Where libuv words an error otherwise than the operating system (and therefore Go) does. */
const systemWords: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: "cannot assign requested address",
  EHOSTUNREACH: "no route to host",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
};

/** The code of a system error such as `ECONNREFUSED`, also of other errors that carry one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** What the operating system calls an error, e.g. `connection refused`; the error's own message when it is none of the system's. */
export function systemMessage(error: unknown): string {
  const words = systemWords[codeOf(error) ?? ""];
  if (words !== undefined) return words;
  const known =
    error instanceof Error && "errno" in error && typeof error.errno === "number" ? getSystemErrorMessage(error.errno) : undefined;
  return known ?? (error instanceof Error ? error.message : String(error));
}
