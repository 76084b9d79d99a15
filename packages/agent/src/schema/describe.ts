import { encodeField } from "./arguments.ts";
import { equalValues } from "./equal.ts";
import type { AttributeField, BlockField, Fields, Occurrence } from "./fields.ts";
import { formatValue } from "./format-value.ts";

/** What documentation and editors need to know about a member of a block. Plain JSON. */
export type FieldDescription = AttributeDescription | BlockDescription;

interface DescriptionBase {
  readonly name: string;
  readonly doc: string;
  readonly required: boolean;
  /** Ours, not the reference's. */
  readonly extension: boolean;
  readonly deprecated: boolean;
}

export interface AttributeDescription extends DescriptionBase {
  readonly kind: "attribute";
  /** e.g. `list(map(string))`. */
  readonly type: string;
  /** The default as configuration text; absent when the attribute is required or its default is null. */
  readonly default?: string;
  /** Whether the default is just the zero of the type. */
  readonly zero: boolean;
}

export interface BlockDescription extends DescriptionBase {
  readonly kind: "block";
  readonly occurrence: Occurrence;
  readonly labelled: boolean;
  /** The type of all attributes of a block that takes any; `fields` is empty then. */
  readonly rest?: string;
  readonly fields: readonly FieldDescription[];
}

/** The members of a block in the order of its definition, nested blocks included. */
export function describeFields(fields: Fields): readonly FieldDescription[] {
  return Object.entries(fields).map(([name, field]) =>
    field.field === "attribute" ? describeAttribute(name, field) : describeBlock(name, field),
  );
}

function describeAttribute(name: string, field: AttributeField<unknown>): AttributeDescription {
  const { type, doc, required, extension, deprecated } = field;
  const preset = encodeField(field, field.default());
  return {
    kind: "attribute",
    name,
    type: type.doc,
    doc,
    required,
    ...(!required && preset !== null && { default: formatValue(preset) }),
    zero: equalValues(preset, type.encode(type.zero())),
    extension,
    deprecated,
  };
}

function describeBlock(name: string, field: BlockField<unknown>): BlockDescription {
  const { block, occurrence, labelled, doc, required, extension, deprecated } = field;
  return {
    kind: "block",
    name,
    occurrence,
    labelled,
    doc,
    required,
    ...(block.rest !== undefined && { rest: block.rest.doc }),
    fields: describeFields(block.fields),
    extension,
    deprecated,
  };
}
