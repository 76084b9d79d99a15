import { Labels } from "../labels/labels.ts";
import { ProfileDataError } from "../profile-data-error.ts";
import { quoteText } from "../text/quote.ts";
import { decodeBase64 } from "./base64.ts";
import { defaultPushLimits, type PushLimits, type PushRequest, type PushSample, type PushSeries, unmarshalPrefix } from "./push-request.ts";

/**
 * Reads a `push.v1.PushRequest` in protobuf's JSON form (https://protobuf.dev/programming-guides/json/): names in lower camel case or as in the
 * proto file, bytes as base64 of either alphabet, null for absent, unknown names ignored.
 *
 * @throws ProfileDataError with the text that the reference sends after `unmarshal message: `
 */
export function decodePushRequestJson(text: string, limits: PushLimits = defaultPushLimits): PushRequest {
  if (text.length === 0) throw new ProfileDataError("malformed", "zero-length payload is not a valid JSON object");
  const request = parse(text);
  if (!isObject(request)) throw refused(`syntax error (${placeOf(text, text.search(/\S/))}): unexpected token ${text.trim().slice(0, 50)}`);
  const series = listOf(request, "series");
  if (series.length > limits.maxSeries) throw new ProfileDataError("too_large", `more than ${limits.maxSeries} series in a request`);
  const objects = series.map((one) => objectOf(one, "series"));
  const samples = objects.reduce((sum, one) => sum + listOf(one, "samples").length, 0);
  if (samples > limits.maxSamples) throw new ProfileDataError("too_large", `more than ${limits.maxSamples} profiles in a request`);
  return objects.map((one): PushSeries => readSeries(one, limits));
}

type Json = { readonly [name: string]: unknown };

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message.startsWith("Unexpected end") || message.startsWith("Unterminated")) throw refused("unexpected EOF", error);
    const position = /at position (\d+)/.exec(message)?.[1];
    throw refused(
      position === undefined ? `syntax error: ${message}` : `syntax error (${placeOf(text, Number(position))}): ${message}`,
      error,
    );
  }
}

function readSeries(series: Json, { maxLabels }: PushLimits): PushSeries {
  const pairs = listOf(series, "labels").map((pair) => objectOf(pair, "labels"));
  if (pairs.length > maxLabels) throw new ProfileDataError("too_large", `more than ${maxLabels} labels in a series`);
  return {
    labels: Labels.of(pairs.map((pair): [string, string] => [textOf(pair, "name"), textOf(pair, "value")])),
    samples: listOf(series, "samples").map((sample) => readSample(objectOf(sample, "samples"))),
  };
}

function readSample(sample: Json): PushSample {
  const name = "rawProfile" in sample ? "rawProfile" : "raw_profile";
  const raw = decodeBase64(textOf(sample, name));
  if (raw === undefined) throw refused(`invalid value for bytes field ${name}`);
  return { id: textOf(sample, "ID"), raw };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown, name: string): Json {
  if (isObject(value)) return value;
  throw refused(`unexpected token ${show(value)} in field ${name}`);
}

function listOf(object: Json, name: string): readonly unknown[] {
  const value = object[name] ?? [];
  if (Array.isArray(value)) return value;
  throw refused(`unexpected token ${show(value)} for field ${name}`);
}

function textOf(object: Json, name: string): string {
  const value = object[name] ?? "";
  if (typeof value !== "string") throw refused(`invalid value for string field ${name}: ${show(value)}`);
  if (!value.isWellFormed()) throw refused(`field ${name} contains invalid UTF-8`);
  return value;
}

function show(value: unknown): string {
  if (typeof value === "string") return quoteText(value.slice(0, 50));
  return isObject(value) ? "{" : Array.isArray(value) ? "[" : String(value);
}

/** `line L:C`, 1-based, as protobuf's Go library writes a position. */
function placeOf(text: string, position: number): string {
  const lines = text.slice(0, position).split("\n");
  return `line ${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}

function refused(reason: string, cause?: unknown): ProfileDataError {
  return new ProfileDataError("malformed", unmarshalPrefix + reason, { cause });
}
