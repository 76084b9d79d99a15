import type { Labels } from "../labels/labels.ts";
import { bytesTag } from "../wire/wire-reader.ts";
import { varintLength, WireWriter } from "../wire/wire-writer.ts";
import { labelPairField, type PushRequest, type PushSeries, rawSampleField, requestField, seriesField } from "./push-request.ts";

const encoder = new TextEncoder();

/** A `push.v1.PushRequest`, written into one buffer of the right size. Lone surrogates, which no text for sending should hold, become U+FFFD. */
export function encodePushRequest(request: PushRequest): Uint8Array<ArrayBuffer> {
  const series = request.map(measureSeries);
  const buffer = new Buffer(series.reduce((sum, { size }) => sum + fieldSize(size), 0));
  for (const one of series) {
    buffer.field(requestField.series, one.size);
    buffer.raw(one.labels);
    for (const sample of one.samples) {
      buffer.field(seriesField.samples, sample.size);
      buffer.field(rawSampleField.rawProfile, sample.raw.length);
      buffer.raw(sample.raw);
      if (sample.id.length === 0) continue;
      buffer.field(rawSampleField.id, sample.id.length);
      buffer.raw(sample.id);
    }
  }
  return buffer.bytes;
}

interface MeasuredSeries {
  readonly labels: Uint8Array;
  readonly samples: readonly MeasuredSample[];
  readonly size: number;
}

interface MeasuredSample {
  readonly id: Uint8Array;
  readonly raw: Uint8Array;
  readonly size: number;
}

function measureSeries({ labels, samples }: PushSeries): MeasuredSeries {
  const encoded = encodeLabels(labels);
  const measured = samples.map(({ id, raw }): MeasuredSample => {
    const idBytes = encoder.encode(id);
    return { id: idBytes, raw, size: fieldSize(raw.length) + (idBytes.length === 0 ? 0 : fieldSize(idBytes.length)) };
  });
  return { labels: encoded, samples: measured, size: measured.reduce((sum, { size }) => sum + fieldSize(size), encoded.length) };
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

class Buffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  /** Tag and length of a field whose content follows. */
  field(number: number, length: number): void {
    this.bytes[this.#length++] = bytesTag(number);
    let rest = length;
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.bytes[this.#length++] = rest;
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }
}
