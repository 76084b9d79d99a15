import type { Labels } from "../labels/labels.ts";
import { bytesTag } from "../wire/wire-reader.ts";
import { varintLength, WireWriter } from "../wire/wire-writer.ts";
import { labelPairField, type PushRequest, type PushSeries, rawSampleField, requestField, seriesField } from "./push-request.ts";

const encoder = new TextEncoder();

/** Profiles below this size are copied: a part of its own costs more. */
const ownPartBytes = 2048;

/**
 * A `push.v1.PushRequest` in parts, to be written one after the other: what stands around the profiles, and the profiles themselves as they are, which
 * are not copied unless they are small. Lone surrogates, which no text for sending should hold, become U+FFFD.
 */
export function encodePushRequest(request: PushRequest): readonly Uint8Array[] {
  const series = request.map(measureSeries);
  const parts = new PartsWriter(series.reduce((sum, { size, apart }) => sum + fieldSize(size) - apart, 0));
  for (const one of series) {
    parts.field(requestField.series, one.size);
    parts.raw(one.labels);
    for (const sample of one.samples) {
      parts.field(seriesField.samples, sample.size);
      // The id first: nothing is left to write behind the profile of a request that holds one.
      if (sample.id.length > 0) {
        parts.field(rawSampleField.id, sample.id.length);
        parts.raw(sample.id);
      }
      parts.field(rawSampleField.rawProfile, sample.raw.length);
      if (sample.raw.length < ownPartBytes) parts.raw(sample.raw);
      else parts.part(sample.raw);
    }
  }
  return parts.finish();
}

interface MeasuredSeries {
  readonly labels: Uint8Array;
  readonly samples: readonly MeasuredSample[];
  readonly size: number;
  /** How much of `size` is parts of its own. */
  readonly apart: number;
}

interface MeasuredSample {
  readonly id: Uint8Array;
  readonly raw: Uint8Array;
  readonly size: number;
}

function measureSeries({ labels, samples }: PushSeries): MeasuredSeries {
  const encoded = encodeLabels(labels);
  const measured = samples.map(({ id, raw }): MeasuredSample => {
    const idBytes = encodeId(id);
    return { id: idBytes, raw, size: fieldSize(raw.length) + (idBytes.length === 0 ? 0 : fieldSize(idBytes.length)) };
  });
  let size = encoded.length;
  let apart = 0;
  for (const sample of measured) {
    size += fieldSize(sample.size);
    if (sample.raw.length >= ownPartBytes) apart += sample.raw.length;
  }
  return { labels: encoded, samples: measured, size, apart };
}

/** For the usual short ones the encoder costs more than the work. */
function encodeId(id: string): Uint8Array {
  const bytes = new Uint8Array(id.length);
  for (let at = 0; at < id.length; at += 1) {
    const code = id.charCodeAt(at);
    if (code > 0x7f) return encoder.encode(id);
    bytes[at] = code;
  }
  return bytes;
}

/** Bytes of a field with a tag of one byte and `length` bytes of content. */
function fieldSize(length: number): number {
  return 1 + varintLength(length) + length;
}

/** The same few label sets are sent again and again. */
const encodedLabels = new WeakMap<Labels, Uint8Array>();

/** The `labels` fields of a series. */
function encodeLabels(labels: Labels): Uint8Array {
  let bytes = encodedLabels.get(labels);
  if (bytes === undefined) {
    const writer = new WireWriter(256);
    for (const [name, value] of labels) {
      writer.messageField(seriesField.labels, () => writer.stringField(labelPairField.name, name).stringField(labelPairField.value, value));
    }
    bytes = writer.finish();
    encodedLabels.set(labels, bytes);
  }
  return bytes;
}

class PartsWriter {
  readonly #parts: Uint8Array[] = [];
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  /** Up to where the bytes belong to parts that are complete. */
  #cut = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  /** Tag and length of a field whose content follows. */
  field(number: number, length: number): void {
    this.#bytes[this.#length++] = bytesTag(number);
    let rest = length;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  raw(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  part(bytes: Uint8Array): void {
    this.#endPart();
    this.#parts.push(bytes);
  }

  finish(): readonly Uint8Array[] {
    this.#endPart();
    return this.#parts;
  }

  #endPart(): void {
    if (this.#cut < this.#length) this.#parts.push(this.#bytes.subarray(this.#cut, this.#length));
    this.#cut = this.#length;
  }
}
