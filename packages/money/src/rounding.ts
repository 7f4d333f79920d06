/** `floor` rounds down, `ceil` up, `half-even` to the nearest integer with ties to the even one. */
export type Rounding = "floor" | "ceil" | "half-even";

/**
 * Divides with an explicit rounding. Every conversion and share in this package goes through this function.
 * @throws RangeError when the numerator is negative or the denominator is not positive.
 */
export function divide(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  if (denominator <= 0n) throw new RangeError("The denominator must be positive");
  if (numerator < 0n) throw new RangeError("The numerator must not be negative");
  const quotient = numerator / denominator;
  const remainder = numerator % denominator;
  if (remainder === 0n) return quotient;
  switch (rounding) {
    case "floor":
      return quotient;
    case "ceil":
      return quotient + 1n;
    case "half-even": {
      const twice = remainder * 2n;
      if (twice !== denominator) return twice > denominator ? quotient + 1n : quotient;
      return quotient % 2n === 0n ? quotient : quotient + 1n;
    }
  }
}
