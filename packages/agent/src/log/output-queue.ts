import { write, writeSync } from "node:fs";
import { bytesFromText } from "@flameline/syntax";

/** How much text may wait before an offered line is dropped, in UTF-16 code units. */
const outputQueueLimit = 4 * 1024 * 1024;

/** Pause before another try when the descriptor is non-blocking and full. */
const retryMs = 20;

/** Text on its way to a file descriptor. Writing never blocks the event loop and never fails: for a reader that has gone, text vanishes. */
export class OutputQueue {
  readonly #descriptor: number;
  readonly #limit: number;
  #waiting: string[] = [];
  #waitingLength = 0;
  #dropped = 0;
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(descriptor: number, limit: number = outputQueueLimit) {
    this.#descriptor = descriptor;
    this.#limit = limit;
  }

  /**
   * For lines that matter less than memory: one that would make more than the limit wait is dropped and counted. Before the next one that is not stands
   * what `notice` makes of their number.
   */
  offer(line: string, notice: (dropped: number) => string): void {
    const text = this.#dropped === 0 ? line : notice(this.#dropped) + line;
    if (this.#waitingLength + text.length > this.#limit) {
      this.#dropped += 1;
    } else {
      this.#dropped = 0;
      this.write(text);
    }
  }

  /** For results and diagnostics: nothing is dropped. */
  write(text: string): void {
    if (this.#closed) return;
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    this.#writing ??= this.#drain();
  }

  /** Resolves when everything that was written before is out, or cannot get out any more. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Like {@link flush}, for at most `limitMs`; false when something is still waiting then. */
  async flushWithin(limitMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, limitMs, false);
    });
    const inTime = await Promise.race([this.flush().then(() => true), late]);
    clearTimeout(timer);
    return inTime;
  }

  /** For the very end of the process, when nothing asynchronous can run any more. Writes what has not been started yet. */
  flushNow(): void {
    const rest = this.#take();
    try {
      if (rest.length > 0) writeSync(this.#descriptor, rest);
    } catch {
      this.#closed = true;
    }
  }

  async #drain(): Promise<void> {
    // Lines of one turn of the event loop go out together.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    while (this.#waiting.length > 0) await this.#writeAll(this.#take());
    this.#writing = undefined;
  }

  #take(): Uint8Array {
    const bytes = bytesFromText(this.#waiting.join(""));
    this.#waiting = [];
    this.#waitingLength = 0;
    return bytes;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#closed;) {
      at += await this.#writeSome(bytes.subarray(at));
    }
  }

  #writeSome(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve) => {
      write(this.#descriptor, bytes, (error, written) => {
        if (error === null) return resolve(written);
        if (error.code === "EAGAIN") return void setTimeout(resolve, retryMs, 0);
        this.#closed = true;
        resolve(0);
      });
    });
  }
}
