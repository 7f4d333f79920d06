import { msatOf } from "../money/format.ts";

/**
 * Whether the PIN is asked for before this much moves. The limit is thought of in shillings; without a price nobody knows
 * what they are in sats, so the PIN is asked for.
 * @param limitKesCents zero: always
 */
export function asksPin(
  amountMsat: bigint,
  limitKesCents: string,
  kesCentsPerBtc: bigint | null,
): boolean {
  const limit = BigInt(limitKesCents);
  if (limit === 0n || kesCentsPerBtc === null) return true;
  return amountMsat > msatOf(limit, kesCentsPerBtc);
}
