const signBit = 0x80_0000;

/**
 * The target of a compact form (`nBits`): an exponent byte and a mantissa of three bytes. Undefined for what consensus
 * refuses: zero, negative, or more than 256 bits.
 */
export function decodeBits(bits: number): bigint | undefined {
  const size = bits >>> 24;
  const mantissa = BigInt(bits & 0x7f_ffff);
  const target = size > 3 ? mantissa << BigInt(8 * (size - 3)) : mantissa >> BigInt(8 * (3 - size));
  if (target === 0n || (bits & signBit) !== 0 || target >> 256n !== 0n) return undefined;
  return target;
}

/** The compact form of a target: its three highest bytes, cut. A mantissa with the sign bit set takes another byte. */
export function encodeBits(target: bigint): number {
  let size = Math.ceil(target.toString(2).length / 8);
  let mantissa = Number(
    size > 3 ? target >> BigInt(8 * (size - 3)) : target << BigInt(8 * (3 - size)),
  );
  if ((mantissa & signBit) !== 0) {
    mantissa >>>= 8;
    size += 1;
  }
  return size * 0x100_0000 + mantissa;
}
