import { FunctionValue, type Type, type Value, ValueError } from "../schema/index.ts";

type Decoded<P extends readonly Type<unknown>[]> = { readonly [K in keyof P]: P[K] extends Type<infer T> ? T : never };

interface FunctionOptions<P extends readonly Type<unknown>[], V> {
  readonly parameters: P;
  /** The type of any further arguments. */
  readonly rest?: Type<V>;
  /** The type of the result, for documentation. */
  readonly result: string;
  /** Throws a {@link ValueError} for arguments that make no sense; without an argument index the function itself is blamed. */
  call(args: Decoded<P>, rest: readonly V[]): Value;
}

/** A function that takes a fixed number of arguments and perhaps more of one type, each converted as an attribute of that type would be. */
export function defineFunction<const P extends readonly Type<unknown>[], V = never>(
  name: string,
  options: FunctionOptions<P, V>,
): FunctionValue {
  const { parameters, rest, result } = options;
  const types = [...parameters.map(({ doc }) => doc), ...(rest === undefined ? [] : [`...${rest.doc}`])];
  const apply = (args: readonly Value[]): Value => {
    checkArity(parameters.length, rest !== undefined, args.length);
    const decoded: unknown = parameters.map((type, index) => decodeArgument(type, args, index));
    const others =
      rest === undefined ? [] : args.slice(parameters.length).map((_, index) => decodeArgument(rest, args, parameters.length + index));
    // One member for each parameter, of its type.
    return options.call(decoded as Decoded<P>, others);
  };
  return new FunctionValue(name, apply, `(${types.join(", ")}) ${result}`);
}

function checkArity(expected: number, variadic: boolean, got: number): void {
  if (got < expected && variadic) throw new ValueError(`expected at least ${expected} args, got ${got}`);
  if (got !== expected && !variadic) throw new ValueError(`expected ${expected} args, got ${got}`);
}

/** What makes of an argument what the function works with; a type is one. */
export interface ArgumentReader<T> {
  readonly decode: (value: Value) => T;
}

/** Argument `index` as `type` reads it; a wrong one is to blame. */
export function decodeArgument<T>(type: ArgumentReader<T>, args: readonly Value[], index: number): T {
  return atArgument(index, () => type.decode(args[index] ?? null));
}

/** Runs `work` on an argument, which is to blame for what is wrong in there. */
export function atArgument<T>(index: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ValueError) throw error.of(index);
    throw error;
  }
}
