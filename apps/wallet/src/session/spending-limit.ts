import { msatOf } from "../money/format.ts";

/**
 * Whether the PIN is asked for before this much moves. The limit is thought of in shillings; without a price nobody knows
 * what they are in sats, so the PIN is asked for.
 * @param limitKesCents zero: always
 */
export function needsPin(
  amountMsat: bigint,
  limitKesCents: string,
  kesCentsPerBtc: bigint | null,
): boolean {
  const limit = BigInt(limitKesCents);
  if (limit === 0n || kesCentsPerBtc === null) return true;
  return amountMsat > msatOf(limit, kesCentsPerBtc);
}

/** The limit as it is now. */
export type CurrentLimit = { readonly limitKesCents: string; readonly rate: bigint | null };

/**
 * Whether an amount may leave: what has left since the last PIN counts with it, so that many small payments are not let
 * through where one large one is not.
 */
export function spendingGate(
  now: () => CurrentLimit,
  askPin: () => Promise<boolean>,
): (amountMsat: bigint) => Promise<boolean> {
  let sinceMsat = 0n;
  return async (amountMsat) => {
    const { limitKesCents, rate } = now();
    if (!needsPin(sinceMsat + amountMsat, limitKesCents, rate)) {
      sinceMsat += amountMsat;
      return true;
    }
    const isGiven = await askPin();
    if (isGiven) sinceMsat = 0n;
    return isGiven;
  };
}
