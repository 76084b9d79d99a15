import { WireReader, WireWriter } from "@flameline/profile";
import { bytesFromText, textFromBytes } from "@flameline/syntax";

/** How the last configuration fared; the numbers are those of the protocol. */
export const configStatus = { unset: 0, applied: 1, applying: 2, failed: 3 } as const;

export interface RemoteStatus {
  readonly status: (typeof configStatus)[keyof typeof configStatus];
  /** Why it failed. */
  readonly message: string;
}

export interface ConfigRequest {
  readonly id: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Of the configuration that came last, as the server gave it. */
  readonly hash: string;
  /** Absent when the server knows it already. */
  readonly status?: RemoteStatus | undefined;
  /** The configuration that runs; absent when the server knows it already. */
  readonly effective?: string | undefined;
}

export interface ConfigAnswer {
  readonly content: string;
  readonly hash: string;
  readonly notModified: boolean;
}

/** `collector.v1.GetConfigRequest`: https://github.com/grafana/alloy-remote-config */
export function encodeConfigRequest({ id, attributes, hash, status, effective }: ConfigRequest): Uint8Array {
  const writer = new WireWriter();
  writeText(writer, 1, id);
  writeText(writer, 3, hash);
  writeAttributes(writer, attributes);
  if (status !== undefined) {
    writer.messageField(5, (inner) => {
      inner.numberField(1, status.status);
      writeText(inner, 2, status.message);
    });
  }
  if (effective !== undefined) {
    // EffectiveConfig > AgentConfigMap > one entry with an empty name > AgentConfigFile.
    writer.messageField(6, (config) =>
      config.messageField(1, (files) => files.messageField(1, (entry) => entry.messageField(2, (file) => writeText(file, 1, effective)))),
    );
  }
  return writer.finish();
}

/** `collector.v1.RegisterCollectorRequest`. */
export function encodeRegistration(id: string, name: string, attributes: ReadonlyMap<string, string>): Uint8Array {
  const writer = new WireWriter();
  writeText(writer, 1, id);
  writeText(writer, 3, name);
  writeAttributes(writer, attributes);
  return writer.finish();
}

/** Field number * 8 + wire type. */
const answerTags = { content: 10, hash: 18, notModified: 24 } as const;

/**
 * `collector.v1.GetConfigResponse`.
 * @throws ProfileDataError when the bytes are no message.
 */
export function decodeConfigAnswer(bytes: Uint8Array): ConfigAnswer {
  const reader = new WireReader(bytes);
  let content = "";
  let hash = "";
  let notModified = false;
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === answerTags.content) content = readText(reader);
    else if (tag === answerTags.hash) hash = readText(reader);
    else if (tag === answerTags.notModified) notModified = reader.number() !== 0;
    else reader.skip(tag & 7);
  }
  return { content, hash, notModified };
}

function readText(reader: WireReader): string {
  const end = reader.enter();
  const text = textFromBytes(reader.bytes.subarray(reader.position, end));
  reader.position = end;
  return text;
}

function writeText(writer: WireWriter, field: number, text: string): void {
  if (text !== "") writer.bytesField(field, bytesFromText(text));
}

function writeAttributes(writer: WireWriter, attributes: ReadonlyMap<string, string>): void {
  for (const [name, value] of attributes) {
    writer.messageField(4, (entry) => {
      writeText(entry, 1, name);
      writeText(entry, 2, value);
    });
  }
}
