import type { Socket } from "node:net";

/** What a client that knows that the server speaks HTTP/2 sends first (RFC 9113, 3.4). */
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Fewest bytes that no other method begins with (`PRI` against `PROPFIND`). */
const decisive = 3;

/**
 * Waits for the first bytes of a connection, tells whether they begin an HTTP/2 connection, and puts them back. Closes a connection that ends before
 * that, or stays silent for `timeoutMs` (0: never).
 */
export function detectHttp2(socket: Socket, timeoutMs: number, decided: (http2: boolean) => void): void {
  const cleanUp = (): void => {
    socket.off("readable", look);
    socket.off("end", giveUp);
    socket.off("timeout", giveUp);
    socket.off("error", giveUp);
    socket.setTimeout(0);
  };
  const giveUp = (): void => {
    cleanUp();
    socket.destroy();
  };
  const parts: Buffer[] = [];
  const look = (): void => {
    const part = socket.read() as Buffer | null;
    if (part === null) return;
    parts.push(part);
    const bytes = Buffer.concat(parts);
    const length = Math.min(bytes.length, preface.length);
    const matches = bytes.toString("latin1", 0, length) === preface.slice(0, length);
    if (matches && length < decisive) return;
    cleanUp();
    socket.unshift(bytes);
    decided(matches);
  };
  socket.setTimeout(timeoutMs);
  socket.on("end", giveUp);
  socket.on("timeout", giveUp);
  socket.on("error", giveUp);
  socket.on("readable", look);
}
