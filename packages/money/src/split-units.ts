/** Splits an integer in minor units into main units and decimal places: (123405n, 2) gives 1234 and "05". */
export function splitUnits(
  minorUnits: bigint,
  exponent: number,
): { readonly whole: bigint; readonly places: string } {
  const scale = 10n ** BigInt(exponent);
  return {
    whole: minorUnits / scale,
    places: exponent === 0 ? "" : (minorUnits % scale).toString().padStart(exponent, "0"),
  };
}
