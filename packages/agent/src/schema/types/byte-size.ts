import type { Type } from "../type.ts";
import { text } from "./text.ts";

/** Largest first, so that formatting finds the shortest whole number. */
const units: ReadonlyMap<string, number> = new Map([
  ["TiB", 2 ** 40],
  ["TB", 1e12],
  ["GiB", 2 ** 30],
  ["GB", 1e9],
  ["MiB", 2 ** 20],
  ["MB", 1e6],
  ["KiB", 2 ** 10],
  ["KB", 1e3],
  ["B", 1],
]);

/** An amount of data such as `512MiB` or `10GB`, in bytes; a number without a unit counts bytes. */
export const byteSize: Type<number> = text({ doc: "size", zero: 0, parse: parseByteSize, format: formatByteSize });

/** @throws Error that names what is wrong with it. */
export function parseByteSize(written: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(written) ?? [];
  const factor = unit === "" ? 1 : units.get(unit);
  const bytes = Math.floor(Number(number) * (factor ?? NaN));
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new Error(
    `${JSON.stringify(written)} is not a size: write a number with one of ${[...units.keys()].reverse().join(", ")}, for example "512MiB"`,
  );
}

/** The largest unit that gives a whole number: `5GiB`. */
export function formatByteSize(bytes: number): string {
  if (bytes === 0) return "0B";
  for (const [unit, factor] of units) if (bytes % factor === 0) return `${bytes / factor}${unit}`;
  return `${bytes}B`;
}
