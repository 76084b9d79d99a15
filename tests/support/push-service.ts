/** `push.v1.PusherService/Push` for foreign clients: described for @bufbuild/protobuf, which shares nothing with the codec under test. */
import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import { create, createFileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

export interface Series {
  labels: { name: string; value: string }[];
  samples: { rawProfile: Uint8Array; ID: string }[];
}

export interface PushMessage {
  series: Series[];
}

export function encodePush(message: PushMessage): Uint8Array {
  return toBinary(pushMethod.input, create(pushMethod.input, { ...message }));
}

export function decodePush(bytes: Uint8Array): PushMessage {
  return fromBinary(pushMethod.input, bytes) as Message & PushMessage;
}

/** The labels of a series as an object. */
export function labelsOf({ labels }: Series): Record<string, string> {
  return Object.fromEntries(labels.map(({ name, value }) => [name, value]));
}

/**
 * The profiles of several series, each with its labels: one text a profile, sorted. However they were put into requests, what was pushed and what arrived
 * are then equal. `labels` changes those of a series first.
 */
export function profilesOf(
  list: readonly Series[],
  labels: (sent: Record<string, string>) => Record<string, string> = (sent) => sent,
): readonly string[] {
  return list
    .flatMap((series) => {
      const pairs = Object.entries(labels(labelsOf(series))).sort(([one], [other]) => (one < other ? -1 : 1));
      return series.samples.map(({ ID, rawProfile }) => JSON.stringify([ID, pairs, Buffer.from(rawProfile).toString("base64")]));
    })
    .sort((one, other) => (one < other ? -1 : 1));
}

/** As https://github.com/grafana/pyroscope/blob/main/api/push/v1/push.proto, but for the annotations. Number, name, type; `*` for repeated. */
const messages: Readonly<Record<string, readonly string[]>> = {
  PushRequest: ["1 series *Series"],
  Series: ["1 labels *LabelPair", "2 samples *RawSample"],
  LabelPair: ["1 name string", "2 value string"],
  RawSample: ["1 rawProfile bytes", "2 ID string"],
  PushResponse: [],
};

const scalars: Readonly<Record<string, FieldDescriptorProto_Type>> = {
  string: FieldDescriptorProto_Type.STRING,
  bytes: FieldDescriptorProto_Type.BYTES,
};

function fieldOf(text: string): object {
  const [number, name = "", kind = ""] = text.split(" ");
  const type = kind.replace("*", "");
  return {
    name,
    jsonName: name,
    number: Number(number),
    label: kind.startsWith("*") ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
    ...(type in scalars ? { type: scalars[type] } : { type: FieldDescriptorProto_Type.MESSAGE, typeName: `.push.v1.${type}` }),
  };
}

function describePush(): DescMethodUnary {
  const file = create(FileDescriptorProtoSchema, {
    name: "push/v1/push.proto",
    package: "push.v1",
    syntax: "proto3",
    messageType: Object.entries(messages).map(([name, fields]) => ({ name, field: fields.map(fieldOf) })),
    service: [
      { name: "PusherService", method: [{ name: "Push", inputType: ".push.v1.PushRequest", outputType: ".push.v1.PushResponse" }] },
    ],
  });
  const service = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getService("push.v1.PusherService");
  const push = service?.methods[0];
  if (push?.methodKind !== "unary") throw new Error("the description of the push service is wrong");
  return push as DescMethodUnary;
}

export const pushMethod: DescMethodUnary = describePush();
