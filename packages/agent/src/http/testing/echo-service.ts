import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import { create, createFileRegistry } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

export type Text = Message & { text: string };

/** `test.v1.EchoService/Echo`, which takes and gives `Text { string text = 1 }`, described without generated code. */
export const echoMethod: DescMethodUnary = describeEcho();

function describeEcho(): DescMethodUnary {
  const text = {
    name: "Text",
    field: [
      { name: "text", jsonName: "text", number: 1, type: FieldDescriptorProto_Type.STRING, label: FieldDescriptorProto_Label.OPTIONAL },
    ],
  };
  const method = { name: "Echo", inputType: ".test.v1.Text", outputType: ".test.v1.Text" };
  const file = create(FileDescriptorProtoSchema, {
    name: "test/v1/echo.proto",
    package: "test.v1",
    syntax: "proto3",
    messageType: [text],
    service: [{ name: "EchoService", method: [method] }],
  });
  const service = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getService("test.v1.EchoService");
  const echo = service?.methods[0];
  if (echo?.methodKind !== "unary") throw new Error("the description of the echo service is wrong");
  return echo as DescMethodUnary;
}
