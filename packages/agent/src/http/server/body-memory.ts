/** Bodies from this length on get memory that is used again; shorter ones die in the engine's young generation at next to no cost. */
const leastBytes = 8 * 1024;

/** … up to this length: longer ones are rare. */
export const mostReusedBytes = 1024 * 1024;

/** How much memory waits for the next bodies. */
const maxFreeBytes = 8 * 1024 * 1024;

/** When no body came for this long, none of it does. */
const idleMs = 10_000;

/**
 * Memory for bodies that is used again and again. It belongs to whoever reads a body until {@link giveBack}; memory that is not given back goes the way of all
 * garbage. Bodies that wait for a disk or a server would each outlast the young generation of the engine's heap, and then the engine looks through the whole
 * heap for every hundred of them. A piece of memory is up to twice as long as its body.
 */
export class BodyMemory {
  /** By the power of two that they hold, the size that was wanted last at the end. */
  readonly #free = new Map<number, ArrayBuffer[]>();
  readonly #lent = new WeakSet<ArrayBuffer>();
  #freeBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #isUsed = false;

  /** Memory with anything in it. */
  take(bytes: number): Buffer<ArrayBuffer> {
    if (bytes < leastBytes || bytes > mostReusedBytes) return Buffer.allocUnsafeSlow(bytes);
    this.#isUsed = true;
    const size = 2 ** Math.ceil(Math.log2(bytes));
    let memory = this.#free.get(size)?.pop();
    if (memory === undefined) memory = Buffer.allocUnsafeSlow(size).buffer;
    else this.#freeBytes -= size;
    this.#lent.add(memory);
    return Buffer.from(memory, 0, bytes);
  }

  /** Nobody reads `body` any more, nor any part of it. Does nothing when its memory is not from here. */
  giveBack({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || !this.#lent.delete(buffer)) return;
    this.#makeRoom(buffer.byteLength);
    const same = this.#free.get(buffer.byteLength) ?? [];
    this.#free.delete(buffer.byteLength);
    this.#free.set(buffer.byteLength, same);
    same.push(buffer);
    this.#freeBytes += buffer.byteLength;
    this.#timer ??= setInterval(() => this.#clearIfIdle(), idleMs).unref();
  }

  /** Memory of sizes that nobody wanted for longest goes first. */
  #makeRoom(bytes: number): void {
    for (const [size, free] of this.#free) {
      for (; this.#freeBytes + bytes > maxFreeBytes && free.length > 0; this.#freeBytes -= size) free.pop();
      if (this.#freeBytes + bytes <= maxFreeBytes) return;
    }
  }

  #clearIfIdle(): void {
    if (!this.#isUsed) {
      this.#free.clear();
      this.#freeBytes = 0;
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    this.#isUsed = false;
  }
}
