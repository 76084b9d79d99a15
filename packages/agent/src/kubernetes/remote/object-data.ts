import { textFromBytes } from "@flameline/syntax";
import { JsonRecord } from "../../discovery/json-record.ts";
import { KubernetesError } from "../client/kubernetes-error.ts";
import { eachField, eachObjectField, isProtobuf, textOf } from "../client/protobuf-object.ts";

/** As the reference asks: protobuf, and whatever a server has that cannot speak it. */
export const dataAccept = "application/vnd.kubernetes.protobuf, */*";

/** Which object: its path has this word, and in JSON the values of a secret are base64. */
export type DataKind = "secrets" | "configmaps";

/**
 * The `data` of a Secret or a ConfigMap, in either of the forms in which API servers send objects. In protobuf it is field 2 of both: a map.
 * Throws for anything else.
 */
export function readData(kind: DataKind, body: Uint8Array): ReadonlyMap<string, string> {
  try {
    return isProtobuf(body) ? protobufData(body) : jsonData(kind, body);
  } catch (error) {
    throw new KubernetesError(0, `the object cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function protobufData(body: Uint8Array): ReadonlyMap<string, string> {
  const data = new Map<string, string>();
  eachObjectField(body, (field, entry) => {
    if (field !== 2) return;
    let key = "";
    let value = "";
    eachField(entry, (field, content) => {
      if (field === 1) key = textOf(content);
      else if (field === 2) value = textOf(content);
    });
    data.set(key, value);
  });
  return data;
}

function jsonData(kind: DataKind, body: Uint8Array): ReadonlyMap<string, string> {
  const data = JsonRecord.of(JSON.parse(new TextDecoder().decode(body))).record("data");
  const decode = (value: string): string => (kind === "secrets" ? textFromBytes(Buffer.from(value, "base64")) : value);
  return new Map(data.textEntries().map(([name, value]) => [name, decode(value)]));
}
