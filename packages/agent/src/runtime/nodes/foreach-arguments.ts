import { createHash } from "node:crypto";
import type { Block } from "@flameline/syntax";
import { bytesFromText, quote } from "@flameline/syntax";
import type { Infer, Value } from "../../schema/index.ts";
import { Capsule, Uint64, any, attr, bool, defineBlock, list, renderValue, string } from "../../schema/index.ts";
import { NodeError } from "./node-error.ts";

const fields = {
  collection: attr(list(any), { required: true, doc: "The items; the template runs once for each." }),
  var: attr(string, { required: true, doc: "Name under which the template sees its item." }),
  id: attr(string, { doc: "Member of an item that tells it from others; the whole item when empty." }),
  hash_string_id: attr(bool, { doc: "Whether ids that are texts are hashed instead of made a name." }),
  enable_metrics: attr(bool, { doc: "Whether the metrics of the template's components are shown." }),
};

export type ForeachArguments = Infer<typeof fields>;

/** The attributes of a `foreach`. Its block `template` is not decoded but run. */
export const foreachBlock = defineBlock({ fields });

/** The block without its template, and the template. */
export function splitForeach(block: Block): { readonly settings: Block; readonly template: Block | undefined } {
  const isTemplate = (statement: Block["body"][number]): statement is Block => statement.kind === "block" && statement.name === "template";
  return { settings: { ...block, body: block.body.filter((statement) => !isTemplate(statement)) }, template: block.body.find(isTemplate) };
}

/**
 * The items by the ids of what runs them: `foreach_<what tells an item from others>_<number among equal ones>`.
 * @throws NodeError for an id that is not a name, as a negative number.
 */
export function itemsById(args: ForeachArguments, missingId: () => void): ReadonlyMap<string, Value> {
  const counts = new Map<string, number>();
  const items = new Map<string, Value>();
  for (const item of args.collection) {
    const mark = fingerprint(identityOf(item, args.id, missingId), args.hash_string_id);
    const count = (counts.get(mark) ?? 0) + 1;
    counts.set(mark, count);
    const id = `foreach_${mark}_${count}`;
    if (!/^[\p{L}\p{Nd}_]+$/u.test(id)) {
      throw new NodeError(`creating custom component: customComponent ID ${quote(id)} is not a valid identifier`);
    }
    items.set(id, item);
  }
  return items;
}

function identityOf(item: Value, member: string, missingId: () => void): Value {
  if (member === "") return item;
  const members = item instanceof Capsule ? item.members() : item;
  const value = members instanceof Map ? (members as ReadonlyMap<string, Value>).get(member) : undefined;
  if (value !== undefined) return value;
  missingId();
  return item;
}

function fingerprint(value: Value, hashTexts: boolean): string {
  if (typeof value === "string") return hashTexts ? sha256(value) : value.replaceAll(/[^\p{L}\p{Nd}]/gu, "_");
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (value instanceof Uint64) return String(value.value);
  if (typeof value === "number") return value.toFixed(6).replace(".", "_");
  return sha256(JSON.stringify(renderValue(value)));
}

function sha256(text: string): string {
  return createHash("sha256").update(bytesFromText(text)).digest("hex");
}
