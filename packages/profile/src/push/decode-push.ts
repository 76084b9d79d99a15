import { Labels } from "../labels/labels.ts";
import { ProfileDataError } from "../profile-data-error.ts";
import { decodeUtf8 } from "../text/bytes.ts";
import { bytesTag, WireReader } from "../wire/wire-reader.ts";
import type { LabelTable } from "./label-table.ts";
import {
  defaultPushLimits,
  labelPairField,
  type PushLimits,
  type PushRequest,
  type PushSample,
  type PushSeries,
  rawSampleField,
  requestField,
  seriesField,
  unmarshalPrefix,
} from "./push-request.ts";

export interface DecodePushOptions {
  /** Where label sets are shared between requests. */
  readonly labels?: LabelTable;
  readonly limits?: PushLimits;
}

/**
 * Reads a `push.v1.PushRequest`. Of labels with the same name the last one counts, empty values vanish, annotations and unknown fields are passed over.
 * The profiles are views of `bytes`: nothing is copied.
 *
 * @throws ProfileDataError with the text that the reference sends after `unmarshal message: `; `too_large` when a limit is exceeded
 */
export function decodePushRequest(bytes: Uint8Array, options: DecodePushOptions = {}): PushRequest {
  const decoder = new PushDecoder(bytes, options);
  try {
    return decoder.request();
  } catch (error) {
    if (!(error instanceof ProfileDataError) || error.code === "too_large") throw error;
    const reason = error.code === "malformed" && error.message.endsWith("UTF-8") ? error.message : "cannot parse invalid wire-format data";
    throw new ProfileDataError(error.code, unmarshalPrefix + reason, { cause: error });
  }
}

const seriesTag = bytesTag(requestField.series);
const labelsTag = bytesTag(seriesField.labels);
const samplesTag = bytesTag(seriesField.samples);
const nameTag = bytesTag(labelPairField.name);
const valueTag = bytesTag(labelPairField.value);
const rawTag = bytesTag(rawSampleField.rawProfile);
const idTag = bytesTag(rawSampleField.id);

class PushDecoder {
  readonly #reader: WireReader;
  readonly #table: LabelTable | undefined;
  readonly #limits: PushLimits;
  #samples = 0;

  constructor(bytes: Uint8Array, { labels, limits = defaultPushLimits }: DecodePushOptions) {
    this.#reader = new WireReader(bytes);
    this.#table = labels;
    this.#limits = limits;
  }

  request(): PushRequest {
    const reader = this.#reader;
    const list: PushSeries[] = [];
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag !== seriesTag) reader.skip(tag & 7);
      else if (list.length < this.#limits.maxSeries) list.push(this.#series());
      else throw new ProfileDataError("too_large", `more than ${this.#limits.maxSeries} series in a request`);
    }
    return list;
  }

  #series(): PushSeries {
    const reader = this.#reader;
    const end = reader.enter();
    const samples: PushSample[] = [];
    const labels = new LabelRange(reader.position);
    while (reader.position < end) {
      const start = reader.position;
      const tag = reader.tag();
      if (tag === samplesTag) samples.push(this.#sample());
      else reader.skip(tag & 7);
      if (tag === labelsTag) labels.add(start, reader.position);
    }
    reader.leave(end);
    return { labels: this.#labels(labels), samples };
  }

  #sample(): PushSample {
    const reader = this.#reader;
    this.#samples += 1;
    if (this.#samples > this.#limits.maxSamples) {
      throw new ProfileDataError("too_large", `more than ${this.#limits.maxSamples} profiles in a request`);
    }
    const end = reader.enter();
    let id = "";
    let raw: Uint8Array = reader.bytes.subarray(end, end);
    while (reader.position < end) {
      const tag = reader.tag();
      const start = reader.position;
      reader.skip(tag & 7);
      if (tag === rawTag) raw = content(reader, start);
      else if (tag === idTag) id = text(content(reader, start), "push.v1.RawSample.ID");
    }
    reader.leave(end);
    return { id, raw };
  }

  #labels({ start, end, scattered }: LabelRange): Labels {
    const { bytes } = this.#reader;
    const decode = (): Labels => decodeLabels(new WireReader(bytes.subarray(start, end)), this.#limits.maxLabels);
    // Other fields between the labels would become part of the key.
    return this.#table === undefined || scattered ? decode() : this.#table.lookup(bytes, start, end, decode);
  }
}

/** Where the labels of a series stand. */
class LabelRange {
  start: number;
  end: number;
  scattered = false;

  constructor(position: number) {
    this.start = position;
    this.end = position;
  }

  add(start: number, end: number): void {
    if (this.start === this.end) this.start = start;
    else if (this.end !== start) this.scattered = true;
    this.end = end;
  }
}

function decodeLabels(reader: WireReader, maxLabels: number): Labels {
  const entries: [string, string][] = [];
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag !== labelsTag) reader.skip(tag & 7);
    else if (entries.length < maxLabels) entries.push(labelPair(reader));
    else throw new ProfileDataError("too_large", `more than ${maxLabels} labels in a series`);
  }
  return Labels.of(entries);
}

function labelPair(reader: WireReader): [string, string] {
  const end = reader.enter();
  let name = "";
  let value = "";
  while (reader.position < end) {
    const tag = reader.tag();
    const start = reader.position;
    reader.skip(tag & 7);
    if (tag === nameTag) name = text(content(reader, start), "types.v1.LabelPair.name");
    else if (tag === valueTag) value = text(content(reader, start), "types.v1.LabelPair.value");
  }
  reader.leave(end);
  return [name, value];
}

/** The content of the field of wire type 2 that begins at `start` and has just been skipped. */
function content(reader: WireReader, start: number): Uint8Array {
  const end = reader.position;
  reader.position = start;
  reader.enter();
  const bytes = reader.bytes.subarray(reader.position, end);
  reader.position = end;
  return bytes;
}

function text(bytes: Uint8Array, name: string): string {
  const decoded = decodeUtf8(bytes);
  if (decoded === undefined) throw new ProfileDataError("malformed", `field ${name} contains invalid UTF-8`);
  return decoded;
}
