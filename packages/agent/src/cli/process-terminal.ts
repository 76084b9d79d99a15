import { isatty } from "node:tty";
import { OutputQueue } from "../log/output-queue.ts";
import type { Terminal } from "./terminal.ts";

/** The terminal of this process, with its output queues. */
export interface ProcessTerminal extends Terminal {
  readonly out: OutputQueue;
  readonly err: OutputQueue;
}

export function processTerminal(): ProcessTerminal {
  const terminal = {
    out: new OutputQueue(1),
    err: new OutputQueue(2),
    get color(): boolean {
      return isatty(1) && process.env["NO_COLOR"] === undefined && process.env["TERM"] !== "dumb";
    },
    readInput,
  };
  process.on("exit", () => {
    terminal.out.flushNow();
    terminal.err.flushNow();
  });
  return terminal;
}

async function readInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
