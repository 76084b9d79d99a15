/** Payloads lie together in chunks of this size; one that is larger has memory of its own. */
const chunkBytes = 2 * 1024 * 1024;

/** Memory for payloads, one behind the other. */
class Chunk {
  readonly memory: Buffer<ArrayBuffer>;
  used = 0;
  /** Payloads in it that are not released yet, and those of them that are on disk. */
  held = 0;
  kept = 0;
  /** Nobody can still read a payload in it that is released. */
  isReusable = true;

  constructor(bytes: number) {
    this.memory = Buffer.allocUnsafeSlow(bytes);
  }

  has(bytes: number): boolean {
    return this.memory.length - this.used >= bytes;
  }
}

/** A payload in memory. It stays as it is until it is released. */
export class HeldPayload {
  readonly bytes: Uint8Array;
  readonly chunk: Chunk;
  isKept = false;

  constructor(bytes: Uint8Array, chunk: Chunk) {
    this.bytes = bytes;
    this.chunk = chunk;
  }
}

/**
 * The queue's own memory for payloads, which is used again and again. Payloads that lived in memory of their own would each outlast the young generation of
 * the engine's heap while they wait for the disk, and with 200 KB each the engine would look through all of its heap several times a second to get rid of them.
 */
export class PayloadMemory {
  readonly #free: Chunk[] = [];
  #current: Chunk | undefined;
  #keptBytes = 0;
  /** Chunks that were free all the time since the last {@link trim}. */
  #spare = 0;

  /** Memory in which there is a payload that is kept although it is on disk. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Copies the parts of a payload, one behind the other. */
  hold(parts: readonly Uint8Array[], bytes: number): HeldPayload {
    const chunk = this.#chunkFor(bytes);
    const start = chunk.used;
    for (const part of parts) {
      chunk.memory.set(part, chunk.used);
      chunk.used += part.length;
    }
    chunk.held += 1;
    return new HeldPayload(chunk.memory.subarray(start, chunk.used), chunk);
  }

  /** It is on disk, and could be read from there instead. */
  keep(payload: HeldPayload): void {
    const { chunk } = payload;
    payload.isKept = true;
    if (chunk.kept === 0) this.#keptBytes += chunk.memory.length;
    chunk.kept += 1;
  }

  /** It stays, but somebody may read it even after it is released: that memory is not used again. */
  expose({ chunk }: HeldPayload): void {
    chunk.isReusable = false;
  }

  /** Nobody reads it any more, unless it was exposed. Once for each payload. */
  release({ chunk, isKept }: HeldPayload): void {
    chunk.held -= 1;
    if (isKept) {
      chunk.kept -= 1;
      if (chunk.kept === 0) this.#keptBytes -= chunk.memory.length;
    }
    if (chunk.held > 0 || !chunk.isReusable || chunk.memory.length !== chunkBytes) return;
    chunk.used = 0;
    if (chunk !== this.#current) this.#free.push(chunk);
  }

  /** To be called now and then: lets go of memory that was not used since the last time. */
  trim(): void {
    this.#free.splice(0, this.#spare);
    this.#spare = this.#free.length;
  }

  #chunkFor(bytes: number): Chunk {
    if (bytes > chunkBytes) return new Chunk(bytes);
    if (this.#current?.has(bytes) === true) return this.#current;
    // A chunk that fills up stays with its payloads, and comes back when the last of them is released.
    this.#current = this.#free.pop() ?? new Chunk(chunkBytes);
    this.#spare = Math.min(this.#spare, this.#free.length);
    return this.#current;
  }
}
