import { codeOf, systemMessage } from "../errno.ts";

/** `host:port` as Go joins them; an empty host stays empty. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Why an address cannot be listened on, as Go says it. */
export function listenError(address: string, port: number, cause: unknown): Error {
  const code = codeOf(cause);
  if (code === "ERR_SOCKET_BAD_PORT") return new Error(`listen tcp: address ${port}: invalid port`, { cause });
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return new Error(`listen tcp: lookup ${address}: no such host`, { cause });
  return new Error(`listen tcp ${joinHostPort(address, port)}: bind: ${systemMessage(cause)}`, { cause });
}
