/** pprof through @bufbuild/protobuf: an implementation that shares nothing with the one under test. */
import { create, createFileRegistry, type DescMessage, fromBinary, fromJson, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import { FieldDescriptorProto_Label, FieldDescriptorProto_Type, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** int64 fields are decimal texts, as protobuf's JSON form has them; numbers are taken too. */
type Int = string | number;

export interface PprofProfile {
  sampleType?: PprofValueType[];
  sample?: PprofSample[];
  mapping?: { id?: Int; memoryStart?: Int; memoryLimit?: Int; filename?: Int; buildId?: Int; hasFunctions?: boolean }[];
  location?: { id?: Int; mappingId?: Int; address?: Int; line?: { functionId?: Int; line?: Int }[] }[];
  function?: { id?: Int; name?: Int; systemName?: Int; filename?: Int; startLine?: Int }[];
  stringTable?: string[];
  dropFrames?: Int;
  keepFrames?: Int;
  timeNanos?: Int;
  durationNanos?: Int;
  periodType?: PprofValueType;
  period?: Int;
  comment?: Int[];
  defaultSampleType?: Int;
}

interface PprofValueType {
  type?: Int;
  unit?: Int;
}

export interface PprofSample {
  locationId?: Int[];
  value?: Int[];
  label?: { key?: Int; str?: Int; num?: Int; numUnit?: Int }[];
}

const scalar = {
  int64: FieldDescriptorProto_Type.INT64,
  uint64: FieldDescriptorProto_Type.UINT64,
  string: FieldDescriptorProto_Type.STRING,
  bool: FieldDescriptorProto_Type.BOOL,
};

/** As https://github.com/google/pprof/blob/main/proto/profile.proto: `number name type`, `*` for repeated. */
const definition: Readonly<Record<string, string>> = {
  Profile: `1 sample_type *ValueType, 2 sample *Sample, 3 mapping *Mapping, 4 location *Location, 5 function *Function, 6 string_table *string,
    7 drop_frames int64, 8 keep_frames int64, 9 time_nanos int64, 10 duration_nanos int64, 11 period_type ValueType, 12 period int64, 13 comment *int64,
    14 default_sample_type int64`,
  ValueType: "1 type int64, 2 unit int64",
  Sample: "1 location_id *uint64, 2 value *int64, 3 label *Label",
  Label: "1 key int64, 2 str int64, 3 num int64, 4 num_unit int64",
  Mapping: "1 id uint64, 2 memory_start uint64, 3 memory_limit uint64, 5 filename int64, 6 build_id int64, 7 has_functions bool",
  Location: "1 id uint64, 2 mapping_id uint64, 3 address uint64, 4 line *Line",
  Line: "1 function_id uint64, 2 line int64",
  Function: "1 id uint64, 2 name int64, 3 system_name int64, 4 filename int64, 5 start_line int64",
};

function fieldOf(text: string, packed: boolean): object {
  const [number, name = "", kind = ""] = text.trim().split(/\s+/);
  const type = kind.replace("*", "");
  const repeated = kind.startsWith("*");
  return {
    name,
    jsonName: name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    number: Number(number),
    label: repeated ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
    ...(type in scalar
      ? { type: scalar[type as keyof typeof scalar] }
      : { type: FieldDescriptorProto_Type.MESSAGE, typeName: `.pprof.${type}` }),
    ...(repeated && type.endsWith("int64") ? { options: { packed } } : {}),
  };
}

function schemaOf(packed: boolean): DescMessage {
  const messageType = Object.entries(definition).map(([name, fields]) => ({
    name,
    field: fields.split(",").map((field) => fieldOf(field, packed)),
  }));
  const file = create(FileDescriptorProtoSchema, { name: "pprof.proto", package: "pprof", syntax: "proto3", messageType });
  const schema = createFileRegistry(file, () => undefined).getMessage("pprof.Profile");
  if (schema === undefined) throw new Error("the schema has no profile");
  return schema;
}

const schemas = { packed: schemaOf(true), single: schemaOf(false) };

/** `single` writes repeated numbers one by one, as old encoders do. */
export function encodePprof(profile: PprofProfile, form: keyof typeof schemas = "packed"): Uint8Array<ArrayBuffer> {
  return toBinary(schemas[form], fromJson(schemas[form], profile as JsonValue));
}

export function decodePprof(bytes: Uint8Array): PprofProfile {
  return toJson(schemas.packed, fromBinary(schemas.packed, bytes)) as PprofProfile;
}

/** A profile's samples by what they mean: frames, labels, values. */
export function meaningOf(profile: PprofProfile): { stack: string; labels: string; values: string[] }[] {
  const text = (index: Int = 0): string => profile.stringTable?.[Number(index)] ?? "?";
  const functions = new Map(profile.function?.map((one) => [String(one.id), `${text(one.name)}(${text(one.filename)})`]));
  const mappings = new Map(profile.mapping?.map((one) => [String(one.id), text(one.buildId ?? 0) || text(one.filename)]));
  const locations = new Map(
    profile.location?.map(({ id, mappingId, address = "0", line = [] }) => {
      const lines = line.map((one) => `${functions.get(String(one.functionId)) ?? "?"}:${one.line ?? 0}`).join("<");
      return [String(id), `${mappings.get(String(mappingId)) ?? ""}+${address} ${lines}`];
    }),
  );
  return (profile.sample ?? []).map(({ locationId = [], value = [], label = [] }) => ({
    stack: locationId.map((id) => locations.get(String(id)) ?? "?").join(";"),
    labels: label
      .map(({ key, str, num = 0, numUnit }) => `${text(key)}=${text(str)}/${num}${text(numUnit)}`)
      .sort()
      .join(","),
    values: value.map(String),
  }));
}
