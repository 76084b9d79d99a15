import { bytesFromText } from "@flameline/syntax";

/** Nanoseconds of each unit, largest first. `µ` may be U+00B5 or U+03BC. */
const units: ReadonlyMap<string, bigint> = new Map([
  ["h", 3_600_000_000_000n],
  ["m", 60_000_000_000n],
  ["s", 1_000_000_000n],
  ["ms", 1_000_000n],
  ["\u{b5}s", 1000n],
  ["\u{3bc}s", 1000n],
  ["us", 1000n],
  ["ns", 1n],
]);

/** The most nanoseconds that a duration holds, about 292 years. */
const longest = (1n << 63n) - 1n;

/**
 * A duration such as `1h5m3.5s` in milliseconds; the longest one is `Infinity`. Units are `h m s ms us µs ns`; `0` needs none.
 *
 * @throws Error with the text of the reference, e.g. `time: missing unit in duration "5"`.
 */
export function parseDuration(text: string): number {
  const [, sign = "", rest = ""] = /^([+-]?)([^]*)$/.exec(text) ?? [];
  if (rest === "0") return 0;
  const nanoseconds = rest === "" ? undefined : sumOfParts(text, rest);
  if (nanoseconds === undefined || nanoseconds > (sign === "-" ? longest + 1n : longest)) throw invalid(text);
  // Apart, so that whole milliseconds stay exact beyond 104 days.
  const magnitude = nanoseconds >= longest ? Infinity : Number(nanoseconds / 1_000_000n) + Number(nanoseconds % 1_000_000n) / 1e6;
  return sign === "-" ? -magnitude : magnitude;
}

/** Undefined when a part is no number. */
function sumOfParts(text: string, parts: string): bigint | undefined {
  let sum = 0n;
  for (const [part, whole = "", fraction = "", unit = ""] of parts.matchAll(/([0-9]*)\.?([0-9]*)([^0-9.]*)/g)) {
    if (part === "") break;
    if (whole === "" && fraction === "") return undefined;
    if (unit === "") throw new Error(`time: missing unit in duration ${quoted(text)}`);
    const size = units.get(unit);
    if (size === undefined) throw new Error(`time: unknown unit ${quoted(unit)} in duration ${quoted(text)}`);
    sum += BigInt(`0${whole}`) * size + (BigInt(`0${fraction}`) * size) / 10n ** BigInt(fraction.length);
  }
  return sum;
}

function invalid(text: string): Error {
  return new Error(`time: invalid duration ${quoted(text)}`);
}

/** In double quotes, all but printable ASCII as escaped bytes. */
function quoted(text: string): string {
  const escaped = Array.from(text, (char) => {
    if (char === '"' || char === "\\") return `\\${char}`;
    if (char >= " " && char <= "\u{7f}") return char;
    return [...bytesFromText(char)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  });
  return `"${escaped.join("")}"`;
}

/** Milliseconds as the language prints them: `1h5m3.5s`, `1m0s`, `100ms`, `0s`. The inverse of {@link parseDuration}. */
export function formatDuration(milliseconds: number): string {
  if (Number.isNaN(milliseconds)) return "0s";
  const sign = milliseconds < 0 ? "-" : "";
  const magnitude = Math.abs(milliseconds);
  const whole = Math.trunc(magnitude);
  const nanoseconds =
    magnitude * 1e6 >= Number(longest) ? longest : BigInt(whole) * 1_000_000n + BigInt(Math.round((magnitude - whole) * 1e6));
  if (nanoseconds === 0n) return "0s";
  return sign + formatNanoseconds(nanoseconds);
}

function formatNanoseconds(nanoseconds: bigint): string {
  if (nanoseconds < 1000n) return `${nanoseconds}ns`;
  if (nanoseconds < 1_000_000n) return `${decimal(nanoseconds, 1000n)}\u{b5}s`;
  if (nanoseconds < 1_000_000_000n) return `${decimal(nanoseconds, 1_000_000n)}ms`;
  const minute = 60_000_000_000n;
  const seconds = `${decimal(nanoseconds % minute, 1_000_000_000n)}s`;
  const minutes = nanoseconds / minute;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, "0")
    .replace(/0+$/, "");
  return fraction === "" ? `${value / unit}` : `${value / unit}.${fraction}`;
}
