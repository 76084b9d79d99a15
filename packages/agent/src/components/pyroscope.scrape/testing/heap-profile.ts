import { gunzipSync } from "node:zlib";
import { encodeProfile, isGzip, WireReader, wireType } from "@flameline/profile";

const frame = { function: "main.allocate", file: "main.go", functionLine: 1, line: 2 };

/** Totals as Go's allocs endpoint shows them, of so many stacks with the same values. */
export function heapProfile(allocated: number, inUse: number, stacks = 1): Uint8Array {
  const values = [allocated, allocated * 10, inUse, inUse * 10];
  return encodeProfile({
    sampleTypes: [
      { type: "alloc_objects", unit: "count" },
      { type: "alloc_space", unit: "bytes" },
      { type: "inuse_objects", unit: "count" },
      { type: "inuse_space", unit: "bytes" },
    ],
    timeMs: allocated * 1000,
    durationMs: 0,
    samples: Array.from({ length: stacks }, (_, line) => ({ stack: [{ ...frame, line: line + 2 }], values })),
  });
}

/** The values of each sample of a profile, gzip or plain, whose values are packed. */
export function sampleValues(profile: Uint8Array): readonly (readonly number[])[] {
  const reader = new WireReader(isGzip(profile) ? gunzipSync(profile) : profile);
  const samples: number[][] = [];
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag !== 2 * 8 + wireType.bytes) reader.skip(tag & 7);
    else samples.push(valuesOf(reader, reader.enter()));
  }
  return samples;
}

function valuesOf(reader: WireReader, end: number): number[] {
  const values: number[] = [];
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag !== 2 * 8 + wireType.bytes) {
      reader.skip(tag & 7);
      continue;
    }
    const stop = reader.enter();
    while (reader.position < stop) values.push(reader.number());
  }
  return values;
}
