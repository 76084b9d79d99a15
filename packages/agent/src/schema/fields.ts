import type { Type } from "./type.ts";

/**
 * The description of a block's content: the only source for decoding, defaults, validation, documentation and the pages. `doc` is required everywhere.
 *
 * @example
 * const endpoint = defineBlock({
 *   fields: {
 *     url: attr(string, { required: true, doc: "Where profiles are sent." }),
 *     remote_timeout: attr(duration, { default: 10_000, doc: "Limit of one attempt." }),
 *     ...httpClientFields,
 *   },
 * });
 */
export type Fields = { readonly [name: string]: Field<unknown> };

export type Field<T> = AttributeField<T> | BlockField<T>;

export interface AttributeField<T> {
  readonly field: "attribute";
  readonly type: Type<T>;
  readonly doc: string;
  readonly required: boolean;
  /** The value when the attribute is absent. */
  readonly default: () => T;
  /** Ours, not the reference's: marked as such in the documentation. */
  readonly extension: boolean;
  /** Accepted and ignored or replaced; documentation says so. */
  readonly deprecated: boolean;
  /** Shown on pages even when it has its default. */
  readonly alwaysShown: boolean;
}

/** How often a block may stand: `one` always has a value (its defaults when absent), `optional` is undefined when absent, `many` is a list. */
export type Occurrence = "one" | "optional" | "many";

export interface BlockField<T> {
  readonly field: "block";
  readonly occurrence: Occurrence;
  readonly block: BlockDefinition<unknown>;
  readonly doc: string;
  readonly required: boolean;
  /** The block takes a label, which becomes the member `label` of the decoded value. */
  readonly labelled: boolean;
  readonly extension: boolean;
  readonly deprecated: boolean;
  /** Shown on pages even when all its members have their defaults. */
  readonly alwaysShown: boolean;
  /** Only for inference. */
  readonly value?: T;
}

export interface BlockDefinition<T> {
  readonly fields: Fields;
  /** Runs after the block was decoded; a text is the error, used verbatim. */
  readonly validate?: ((args: T) => string | undefined) | undefined;
  /** Rewrites valid arguments to their canonical form, e.g. `bearer_token` to `authorization`. */
  readonly normalize?: ((args: T) => T) | undefined;
  /** Any attribute is taken, all of this type; `fields` is empty then and the decoded value is a `ReadonlyMap`. */
  readonly rest?: Type<unknown> | undefined;
  /** Pages leave out only members that are zero, not those that have their default: blocks whose defaults the reference presets in their parent. */
  readonly showDefaults?: boolean | undefined;
}

/** The decoded form of a description. */
export type Infer<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

interface Documented {
  readonly doc: string;
  readonly extension?: boolean;
  readonly deprecated?: boolean;
  readonly alwaysShown?: boolean;
}

type Presence<T> = { readonly required: true } | { readonly required?: false; readonly default?: T };

/** An attribute. Without `required` and `default` an absent one has the zero value of its type. */
export function attr<T>(type: Type<T>, options: Documented & Presence<T>): AttributeField<T> {
  const preset = "default" in options ? options.default : undefined;
  return {
    field: "attribute",
    type,
    doc: options.doc,
    required: options.required === true,
    default: preset === undefined ? () => type.zero() : () => preset,
    extension: options.extension === true,
    deprecated: options.deprecated === true,
    alwaysShown: options.alwaysShown === true,
  };
}

/** A definition of which only the form matters; whoever uses it hands it nothing but what it decoded itself. */
export type AnyBlock = BlockDefinition<unknown>;

/** Forgets what a definition decodes to. */
export function anyBlock<T>(definition: BlockDefinition<T>): AnyBlock {
  return definition as AnyBlock;
}

/** Binds fields and rules to one definition. `validate` and `normalize` see the decoded arguments. */
export function defineBlock<F extends Fields>(definition: {
  readonly fields: F;
  readonly validate?: (args: Infer<F>) => string | undefined;
  readonly normalize?: (args: Infer<F>) => Infer<F>;
  readonly showDefaults?: boolean;
}): BlockDefinition<Infer<F>> {
  return definition;
}

type BlockOptions = Documented & { readonly required?: boolean };

/** A block that always has a value: its own defaults when it is absent. */
export function block<T>(definition: BlockDefinition<T>, options: BlockOptions): BlockField<T> {
  return blockField(definition, "one", options);
}

/** A block that is undefined when absent. */
export function optionalBlock<T>(definition: BlockDefinition<T>, options: BlockOptions): BlockField<T | undefined> {
  return blockField(definition, "optional", options);
}

/** A block that may stand any number of times, in order. */
export function blocks<T>(definition: BlockDefinition<T>, options: BlockOptions): BlockField<readonly T[]> {
  return blockField(definition, "many", options);
}

/** A repeatable block with a label that is data, as `profile.custom "NAME"`. */
export function labelledBlocks<T>(
  definition: BlockDefinition<T>,
  options: BlockOptions,
): BlockField<readonly (T & { readonly label: string })[]> {
  return { ...blockField(definition, "many", options), labelled: true };
}

function blockField<T>(definition: BlockDefinition<T>, occurrence: Occurrence, options: BlockOptions): BlockField<never> {
  return {
    field: "block",
    occurrence,
    block: anyBlock(definition),
    doc: options.doc,
    required: options.required === true,
    labelled: false,
    extension: options.extension === true,
    deprecated: options.deprecated === true,
    alwaysShown: options.alwaysShown === true,
  };
}
