/** How the text of a flag is read. `parse` throws an Error whose message follows `invalid argument "x" for "--flag" flag: `. */
export interface FlagType<T> {
  /** What stands for the value in help texts; empty when the flag needs none. */
  readonly placeholder: string;
  parse(text: string): T;
  /** The value as help texts show a default; empty for one that is not worth showing. */
  show(value: T): string;
}

/** One flag of the command line: the only source for parsing, help, completion and the reference. */
export interface Flag<T> {
  readonly type: FlagType<T>;
  readonly default: T;
  /** How the default is shown; empty when it is not worth showing. */
  readonly defaultText: string;
  readonly doc: string;
  readonly short: string | undefined;
  /** Accepted so that command lines written for the reference work, without effect here: named in a warning when it is given. */
  readonly ignored: boolean;
  /** Ours, not the reference's. */
  readonly extension: boolean;
  /** Needs `--stability.level=experimental` when it is given with another value than the default. */
  readonly experimental: boolean;
}

export type Flags = { readonly [name: string]: Flag<unknown> };

export type FlagValues<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

interface FlagOptions<T> {
  readonly default: NoInfer<T>;
  readonly doc: string;
  readonly short?: string;
  readonly ignored?: boolean;
  readonly extension?: boolean;
  readonly experimental?: boolean;
  /** Where the default depends on the host. */
  readonly defaultText?: string;
}

export function flag<T>(type: FlagType<T>, options: FlagOptions<T>): Flag<T> {
  return {
    type,
    default: options.default,
    defaultText: options.defaultText ?? type.show(options.default),
    doc: options.doc,
    short: options.short,
    ignored: options.ignored === true,
    extension: options.extension === true,
    experimental: options.experimental === true,
  };
}
