import { msatOf } from "../money/format.ts";

/**
 * Whether a payment of this amount needs the PIN. The limit is in shillings; without a price it cannot be compared, so
 * the PIN is needed.
 * @param limitKesCents 0: always ask
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

/** The chosen limit, and the rate in KES cents per bitcoin. */
export type CurrentLimit = { readonly limitKesCents: string; readonly rate: bigint | null };

/**
 * Returns a function that resolves whether an amount may be sent, and asks for the PIN where needed. Amounts sent since
 * the last PIN count towards the limit, so that many small payments cannot get around it.
 */
export function spendingGate(
  now: () => CurrentLimit,
  askPin: () => Promise<boolean>,
): (amountMsat: bigint) => Promise<boolean> {
  let sentSincePinMsat = 0n;
  return async (amountMsat) => {
    const { limitKesCents, rate } = now();
    if (!needsPin(sentSincePinMsat + amountMsat, limitKesCents, rate)) {
      sentSincePinMsat += amountMsat;
      return true;
    }
    const isGiven = await askPin();
    if (isGiven) sentSincePinMsat = 0n;
    return isGiven;
  };
}
