/** A segment is at most this part of the budget: room comes back in whole segments. */
const segmentShare = 1 / 8;
const leastSegmentBytes = 16 * 1024;

/** How large a segment may get before the next one begins. One record alone may be larger. */
export function segmentBytesFor(wanted: number, maxBytes: number): number {
  return Math.max(leastSegmentBytes, Math.min(wanted, Math.floor(maxBytes * segmentShare)));
}
