import { isIPv4, isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import { HttpClientError } from "./http-client-error.ts";

const version = 5;
const noAuthentication = 0;
const userAndPassword = 2;

/** RFC 1928, 6. */
const refusals: readonly string[] = [
  "",
  "general SOCKS server failure",
  "connection not allowed by ruleset",
  "network unreachable",
  "host unreachable",
  "connection refused",
  "TTL expired",
  "command not supported",
  "address type not supported",
];

/** How long a proxy may take to open a connection. */
const socksTimeoutMs = 60_000;

export interface SocksUser {
  readonly name: string;
  readonly password: string;
}

/** Asks a SOCKS 5 proxy (RFC 1928, RFC 1929) for a connection. The proxy resolves names. Rejects with a {@link HttpClientError}. */
export async function openSocks(connection: Duplex, host: string, port: number, user: SocksUser | undefined): Promise<Duplex> {
  const expired = new Error("i/o timeout");
  const timer = setTimeout(() => connection.destroy(expired), socksTimeoutMs);
  try {
    await negotiate(connection, host, port, user);
    return connection;
  } catch (error) {
    connection.destroy();
    const reason = error instanceof Error ? error.message : String(error);
    throw new HttpClientError(error === expired ? "timeout" : "other", `socks connect tcp ${host}:${port}: ${reason}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function negotiate(connection: Duplex, host: string, port: number, user: SocksUser | undefined): Promise<void> {
  const reader = new PieceReader(connection);
  try {
    await agree(connection, reader, host, port, user);
  } finally {
    reader.release();
  }
}

async function agree(connection: Duplex, reader: PieceReader, host: string, port: number, user: SocksUser | undefined): Promise<void> {
  const methods = user === undefined ? [noAuthentication] : [noAuthentication, userAndPassword];
  connection.write(Uint8Array.from([version, methods.length, ...methods]));
  const method = (await reader.take(2)).readUInt8(1);
  if (method === userAndPassword && user !== undefined) {
    connection.write(Buffer.concat([Uint8Array.from([1]), short(user.name), short(user.password)]));
    if ((await reader.take(2)).readUInt8(1) !== 0) throw new Error("username/password authentication failed");
  } else if (method !== noAuthentication) throw new Error("no acceptable authentication methods");
  connection.write(Buffer.concat([Uint8Array.from([version, 1, 0]), addressOf(host), portBytes(port)]));
  const [, status = 1, , type = 0] = await reader.take(4);
  if (status !== 0) throw new Error(refusals[status] ?? `unknown code: ${status}`);
  const length = type === 1 ? 4 : type === 4 ? 16 : (await reader.take(1)).readUInt8(0);
  await reader.take(length + 2);
}

function addressOf(host: string): Uint8Array {
  if (isIPv4(host)) return Uint8Array.from([1, ...host.split(".").map(Number)]);
  if (isIPv6(host)) return Buffer.concat([Uint8Array.from([4]), ipv6Bytes(host)]);
  return Buffer.concat([Uint8Array.from([3]), short(host)]);
}

/** URL parsing has brought the address to its shortest form without an embedded IPv4 address. */
function ipv6Bytes(address: string): Uint8Array {
  const [front = "", back = ""] = address.split("::");
  const groups = (text: string): number[] => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const before = groups(front);
  const after = groups(back);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}

function portBytes(port: number): Uint8Array {
  return Uint8Array.from([port >> 8, port & 0xff]);
}

/** A text with its length in front, which has one byte. */
function short(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  if (bytes.length > 255) throw new Error("name or password is longer than 255 bytes");
  return Buffer.concat([Uint8Array.from([bytes.length]), bytes]);
}

/** Reads a connection in pieces of known length, one at a time. */
class PieceReader {
  readonly #connection: Duplex;
  #bytes: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(connection: Duplex) {
    this.#connection = connection;
    connection.on("data", this.#receive).on("end", this.#ended).on("close", this.#ended).on("error", this.#broken);
  }

  /** Exactly the next `length` bytes. */
  async take(length: number): Promise<Buffer> {
    while (this.#bytes.length < length) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  /** Leaves the connection, paused, to the next reader, with what arrived but was not taken. */
  release(): void {
    const connection = this.#connection;
    connection.pause();
    connection.off("data", this.#receive).off("end", this.#ended).off("close", this.#ended).off("error", this.#broken);
    if (this.#bytes.length > 0) connection.unshift(this.#bytes);
  }

  readonly #receive = (bytes: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    this.#wake?.();
  };

  readonly #broken = (failure: Error): void => {
    this.#failure ??= failure;
    this.#wake?.();
  };

  readonly #ended = (): void => this.#broken(new Error("unexpected EOF"));
}
