import type { DescService, Message } from "@bufbuild/protobuf";
import { create, createFileRegistry } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

interface FieldShape {
  readonly name: string;
  readonly number: number;
  readonly type: Type;
  readonly typeName?: string;
  readonly label?: Label;
}

const text = (name: string, number: number): FieldShape => ({ name, number, type: Type.STRING });
const message = (name: string, number: number, typeName: string): FieldShape => ({ name, number, type: Type.MESSAGE, typeName });
const mapField = (name: string, number: number, typeName: string): FieldShape => ({
  ...message(name, number, typeName),
  label: Label.REPEATED,
});

function messageType(name: string, fields: readonly FieldShape[], maps: Readonly<Record<string, FieldShape>> = {}): object {
  return {
    name,
    field: fields.map((field) => ({ label: Label.OPTIONAL, jsonName: field.name, ...field })),
    nestedType: Object.entries(maps).map(([entry, value]) => ({
      name: entry,
      field: [text("key", 1), value].map((field) => ({ label: Label.OPTIONAL, jsonName: field.name, ...field })),
      options: { mapEntry: true },
    })),
  };
}

/** `collector.v1.CollectorService` as its own project describes it, for the server of another library. */
export const collectorService: DescService = describeService();

export interface SeenConfigRequest extends Message {
  readonly id: string;
  readonly hash: string;
  readonly localAttributes: Readonly<Record<string, string>>;
  readonly remoteConfigStatus?: { readonly status: number; readonly errorMessage: string };
  readonly effectiveConfig?: { readonly configMap: { readonly configMap: Readonly<Record<string, { readonly body: Uint8Array }>> } };
}

function describeService(): DescService {
  const scope = ".collector.v1.";
  const attributes = (owner: string): FieldShape => mapField("local_attributes", 4, `${scope}${owner}.LocalAttributesEntry`);
  const textEntry = { LocalAttributesEntry: text("value", 2) };
  const file = create(FileDescriptorProtoSchema, {
    name: "collector/v1/collector.proto",
    package: "collector.v1",
    syntax: "proto3",
    messageType: [
      messageType(
        "GetConfigRequest",
        [
          text("id", 1),
          text("hash", 3),
          attributes("GetConfigRequest"),
          message("remote_config_status", 5, `${scope}RemoteConfigStatus`),
          message("effective_config", 6, `${scope}EffectiveConfig`),
        ],
        textEntry,
      ),
      messageType("RemoteConfigStatus", [{ name: "status", number: 1, type: Type.INT32 }, text("error_message", 2)]),
      messageType("EffectiveConfig", [message("config_map", 1, `${scope}AgentConfigMap`)]),
      messageType("AgentConfigMap", [mapField("config_map", 1, `${scope}AgentConfigMap.ConfigMapEntry`)], {
        ConfigMapEntry: message("value", 2, `${scope}AgentConfigFile`),
      }),
      messageType("AgentConfigFile", [{ name: "body", number: 1, type: Type.BYTES }, text("content_type", 2)]),
      messageType("GetConfigResponse", [text("content", 1), text("hash", 2), { name: "not_modified", number: 3, type: Type.BOOL }]),
      messageType("RegisterCollectorRequest", [text("id", 1), text("name", 3), attributes("RegisterCollectorRequest")], textEntry),
      messageType("RegisterCollectorResponse", []),
    ] as never,
    service: [
      {
        name: "CollectorService",
        method: ["GetConfig", "RegisterCollector"].map((name) => ({
          name,
          inputType: `${scope}${name}Request`,
          outputType: `${scope}${name}Response`,
        })),
      },
    ],
  });
  const service = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getService("collector.v1.CollectorService");
  if (service === undefined) throw new Error("the description of the collector service is wrong");
  return service;
}
