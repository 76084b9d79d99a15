/** Bodies from this length on get memory that is used again; shorter ones die in the engine's young generation at next to no cost. */
const leastBytes = 8 * 1024;

/** … up to this length: longer ones are rare. */
export const mostReusedBytes = 1024 * 1024;

/** How much memory waits for the next bodies. */
const maxFreeBytes = 8 * 1024 * 1024;

/**
 * Memory for bodies that is used again and again. It belongs to whoever reads a body until {@link giveBack}; memory that is not given back goes the way of all
 * garbage. Bodies that wait for a disk or a server would each outlast the young generation of the engine's heap, and then the engine looks through the whole
 * heap for every hundred of them.
 */
export class BodyMemory {
  /** By the power of two that they hold. */
  readonly #free = new Map<number, ArrayBuffer[]>();
  readonly #lent = new WeakSet<ArrayBuffer>();
  #freeBytes = 0;

  /** Memory with anything in it. */
  take(bytes: number): Buffer<ArrayBuffer> {
    if (bytes < leastBytes || bytes > mostReusedBytes) return Buffer.allocUnsafeSlow(bytes);
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
    if (this.#freeBytes + buffer.byteLength > maxFreeBytes) return;
    this.#freeBytes += buffer.byteLength;
    const same = this.#free.get(buffer.byteLength);
    if (same === undefined) this.#free.set(buffer.byteLength, [buffer]);
    else same.push(buffer);
  }
}
