import {
  atPath,
  bool,
  elementsOf,
  equalValues,
  FunctionValue,
  kindOf,
  membersOf,
  MismatchError,
  type Value,
  ValueError,
} from "../schema/index.ts";
import { type ArgumentReader, decodeArgument } from "./define-function.ts";

type Members = ReadonlyMap<string, Value>;

const list: ArgumentReader<readonly Value[]> = { decode: elementsOf };
const objects: ArgumentReader<readonly Members[]> = { decode: (value) => eachOf(value, membersOf) };
/** Unlike string attributes these take nothing but strings. */
const key: ArgumentReader<string> = {
  decode(value) {
    if (typeof value !== "string") throw new MismatchError("string", value);
    return value;
  },
};
const keys: ArgumentReader<readonly string[]> = {
  decode(value) {
    const names = eachOf(value, key.decode);
    if (names.length === 0) throw new ValueError("combine_maps: merge conditions must not be empty");
    return names;
  },
};

function eachOf<T>(value: Value, decode: (item: Value) => T): readonly T[] {
  return elementsOf(value).map((item, index) => atPath(index, () => decode(item)));
}

/** The functions of `array`. */
export const arrayFunctions: Readonly<Record<string, FunctionValue>> = {
  combine_maps: new FunctionValue("array.combine_maps", combineMaps, "(list(map(any)), list(map(any)), list(string), bool) list(map(any))"),
  concat: new FunctionValue("array.concat", concat, "(...list(any)) list(any)"),
  group_by: new FunctionValue("array.group_by", groupBy, "(list(map(any)), string, bool) list(map(any))"),
};

function concat(args: readonly Value[]): Value {
  return args.flatMap((_, index) => decodeArgument(list, args, index));
}

/**
 * Joins each object of the left list with each one of the right list that has the same values under all keys; members of the right one win. With `keep`
 * each pair that does not match gives the left object.
 */
function combineMaps(args: readonly Value[]): Value {
  if (args.length < 3 || args.length > 4) throw new Error(`combine_maps: expected 3 or 4 arguments, got ${args.length}`);
  const left = decodeArgument(objects, args, 0);
  const right = decodeArgument(objects, args, 1);
  const names = decodeArgument(keys, args, 2);
  const keep = args.length === 4 && decodeArgument(bool, args, 3);
  return left.flatMap((item, index) =>
    right.flatMap((other, otherIndex) => {
      const joined = names.every((name) => {
        const mine = joinValue(item, name, [0, index]);
        const theirs = joinValue(other, name, [1, otherIndex]);
        return mine !== undefined && theirs !== undefined && equalValues(mine, theirs);
      });
      if (joined) return [new Map([...item, ...other])];
      return keep ? [new Map(item)] : [];
    }),
  );
}

function joinValue(item: Members, name: string, [argument, index]: readonly [number, number]): Value | undefined {
  const value = item.get(name);
  if (value !== undefined && ["array", "object", "function"].includes(kindOf(value))) {
    throw new ValueError(`combine_maps: cannot join by a value of type ${kindOf(value)}`, [index, name], argument);
  }
  return value;
}

/** One object for each value that the elements have under the key, in order of appearance: `{<key> = value, items = [...]}`. */
function groupBy(args: readonly Value[]): Value {
  if (args.length !== 3) throw new Error(`group_by: expected 3 arguments, got ${args.length}`);
  const name = decodeArgument(key, args, 1);
  const drop = decodeArgument(bool, args, 2);
  const values = decodeArgument({ decode: (value) => eachOf(value, (item) => groupOf(item, name)) }, args, 0);
  const groups = new Map<string, Value[]>();
  for (const [index, item] of decodeArgument(list, args, 0).entries()) {
    const value = values[index];
    if (value === undefined && drop) continue;
    const group = groups.get(value ?? "");
    if (group === undefined) groups.set(value ?? "", [item]);
    else group.push(item);
  }
  return [...groups].map(
    ([value, items]) =>
      new Map<string, Value>([
        [name, value],
        ["items", items],
      ]),
  );
}

function groupOf(item: Value, name: string): string | undefined {
  const value = membersOf(item).get(name);
  return value === undefined ? undefined : atPath(name, () => key.decode(value));
}
