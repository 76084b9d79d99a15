import { join } from "node:path";
import { doneFile, segmentFile } from "./record-format.ts";

/** One segment and its companion: where they are and how full. */
export class Segment {
  readonly number: number;
  mark: number;
  readonly path: string;
  readonly donePath: string;
  /** How far the segment is on disk for sure. */
  bytes = 0;
  /** How far its companion is written; 0 when there is none that fits. */
  doneBytes = 0;
  /** Records that are not done, and what they take. */
  records = 0;
  liveBytes = 0;
  /** Nothing is appended any more. */
  sealed: boolean;
  /** How many records were written to it, as far as {@link bytes}; 0 for one that was found. */
  written = 0;
  /** How far the segment is on disk by its companion. */
  notedBytes = 0;
  /** Offsets of done records that are not in the companion yet. */
  pending: number[] = [];
  /** … and of damaged parts that were reported. */
  reported: number[] = [];
  /** The file may be longer than {@link bytes}: what follows was never acknowledged and is to be cut off. */
  overhang = false;
  /** When a record of it was done last, monotonic milliseconds. */
  touchedAt: number;

  constructor(folder: string, number: number, state: { readonly mark?: number; readonly sealed: boolean; readonly now: number }) {
    this.number = number;
    this.mark = state.mark ?? 0;
    this.path = join(folder, segmentFile(number));
    this.donePath = join(folder, doneFile(number));
    this.sealed = state.sealed;
    this.touchedAt = state.now;
  }

  get deadBytes(): number {
    return this.bytes - this.liveBytes;
  }

  get fileBytes(): number {
    return this.bytes + this.doneBytes;
  }
}
