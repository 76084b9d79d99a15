/**
 * `node bench/relay.ts run CONFIG --server.http.listen-addr=HOST:PORT`: the least that a collector in this engine can do with a push. Reads a request from a raw
 * connection, sends its body on, and answers when the server has; without a look at anything but its length. Takes listen_port and url from the configuration of the
 * drivers. Shows what the engine itself costs at a rate: see `npm run bench -- push --relay`.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { connect, createServer as listen } from "node:net";

const [, , , path = "", flag = ""] = process.argv;
const config = readFileSync(path, "utf8");
const upstream = new URL(/url\s*=\s*"([^"]+)"/.exec(config)?.[1] ?? "http://127.0.0.1");
const [host = "", port = ""] = (flag.split("=")[1] ?? "").split(":");

/** Connections to the server that nobody uses. */
const idle: Socket[] = [];
const waiting = new Map<Socket, () => void>();

const head = `POST /push.v1.PusherService/Push HTTP/1.1\r\nHost: ${upstream.host}\r\nContent-Type: application/proto\r\nContent-Length: `;
const answer = "HTTP/1.1 200 OK\r\nContent-Type: application/proto\r\nContent-Length: 0\r\n\r\n";

function open(): Socket {
  const socket = connect({ port: Number(upstream.port), host: upstream.hostname, noDelay: true });
  socket.on("data", () => {
    waiting.get(socket)?.();
    waiting.delete(socket);
    idle.push(socket);
  });
  return socket;
}

function send(body: readonly Buffer[], length: number, done: () => void): void {
  const socket = idle.pop() ?? open();
  waiting.set(socket, done);
  socket.cork();
  socket.write(`${head}${length}\r\n\r\n`, "latin1");
  for (const part of body) socket.write(part);
  socket.uncork();
}

/** One request after the other, each with its head in one piece. */
function relay(socket: Socket): void {
  let body: Buffer[] = [];
  let length = 0;
  let missing = 0;
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    let part = chunk;
    if (missing === 0) {
      const end = chunk.indexOf("\r\n\r\n");
      length = Number(/content-length: (\d+)/i.exec(chunk.toString("latin1", 0, end))?.[1] ?? 0);
      missing = length;
      part = chunk.subarray(end + 4);
    }
    if (length === 0) {
      // The drivers ask whether somebody is there, before the server is.
      socket.write(answer, "latin1");
      return;
    }
    body.push(part);
    missing -= part.length;
    if (missing > 0) return;
    send(body, length, () => socket.write(answer, "latin1"));
    body = [];
  });
}

listen({ noDelay: true }, relay).listen(Number(/listen_port\s*=\s*(\d+)/.exec(config)?.[1]), "127.0.0.1");
createServer((_, response) => response.end("ready")).listen(Number(port), host);
