/** Decimal digits of a double are exact here, and halves go to the even digit; JavaScript's own conversions take the larger one. */

/** No double has more digits than these after the point, or in all, that are not zero. */
const maxPlaces = 1074;
const maxSignificant = 767;

/** A number that is not negative with `places` digits after the point. */
export function fixedDigits(magnitude: number, places: number): string {
  const exact = Math.min(places, maxPlaces);
  const digits = scaled(magnitude, exact)
    .toString()
    .padStart(exact + 1, "0");
  const whole = digits.slice(0, digits.length - exact);
  return places === 0 ? whole : `${whole}.${digits.slice(digits.length - exact).padEnd(places, "0")}`;
}

export interface Significant {
  /** As many as were asked for. */
  readonly digits: string;
  /** Power of ten of the first digit. */
  readonly exponent: number;
}

/** The first `count` digits of a number that is not negative, rounded. */
export function significantDigits(magnitude: number, count: number): Significant {
  const exact = Math.min(count, maxSignificant);
  let exponent = magnitude === 0 ? 0 : Number(magnitude.toExponential().split("e")[1]);
  let digits = scaled(magnitude, exact - 1 - exponent).toString();
  if (digits.length < exact && magnitude !== 0) {
    // The shortest form of this number is a power of ten above it.
    exponent -= 1;
    digits = scaled(magnitude, exact - 1 - exponent).toString();
  }
  // Rounding 9.99 gave 10.0.
  if (digits.length > exact) exponent += 1;
  return { digits: digits.slice(0, exact).padEnd(count, "0"), exponent };
}

/** The whole number nearest to `magnitude * 10 ** places`. */
function scaled(magnitude: number, places: number): bigint {
  const { mantissa, exponent } = parts(magnitude);
  const numerator = mantissa * 10n ** BigInt(Math.max(places, 0)) * 2n ** BigInt(Math.max(exponent, 0));
  const denominator = 10n ** BigInt(Math.max(-places, 0)) * 2n ** BigInt(Math.max(-exponent, 0));
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}

/** `mantissa * 2 ** exponent`, from the bits of the double. */
function parts(magnitude: number): { readonly mantissa: bigint; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, magnitude);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  return biased === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}
