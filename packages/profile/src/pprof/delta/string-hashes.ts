import { Int32List } from "./int32-list.ts";
import type { ProfileIndex } from "./profile-index.ts";

/** 64-bit hashes of a profile's texts, made when they are asked for: indexes of the string table mean nothing in the next profile. */
export class StringHashes {
  readonly #index: ProfileIndex;
  /** Two lanes for each string; zero in the first means not made yet. */
  readonly #lanes = new Int32List();

  constructor(index: ProfileIndex) {
    this.#index = index;
  }

  /** Prepares for the profile that the index holds now. */
  begin(): void {
    this.#lanes.fillZero(this.#index.strings.length * 2);
  }

  /** The first half of a string's hash; throws a `ProfileDataError` when there is no such string. */
  low(string: number): number {
    this.#index.checkString(string);
    const lanes = this.#lanes.items;
    if (lanes[string * 2] === 0) this.#make(string);
    return lanes[string * 2] as number;
  }

  /** The second half, to be asked for after the first. */
  high(string: number): number {
    return this.#lanes.items[string * 2 + 1] as number;
  }

  #make(string: number): void {
    const { strings, reader } = this.#index;
    const { bytes } = reader;
    const end = strings.ends.items[string] as number;
    let low = 0x811c9dc5;
    let high = 0x1b873593;
    for (let at = strings.starts.items[string] as number; at < end; at += 1) {
      const byte = bytes[at] as number;
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul(high + byte, 0x5bd1e995);
      high ^= high >>> 15;
    }
    this.#lanes.items[string * 2] = mix(low) | 1;
    this.#lanes.items[string * 2 + 1] = mix(high);
  }
}

/** MurmurHash3's finalizer: every bit of the input changes half of the bits of the output. */
export function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
