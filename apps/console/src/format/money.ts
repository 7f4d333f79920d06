import { msatPerSat } from "@satsconnect/money";

/* Amounts are bigints in cents and millisatoshis throughout; nothing here uses floats. */

/** The sign of an amount that is not positive, wide enough to be seen beside figures. */
const minus = "−";

function grouped(value: bigint): string {
  return value.toString().replaceAll(/\B(?=(\d{3})+$)/gu, ",");
}

function signed(value: bigint, format: (positive: bigint) => string): string {
  return value < 0n ? `${minus}${format(-value)}` : format(value);
}

/** Shillings with cents: `2,000.00`, `−12.50`. */
export function kesExact(cents: bigint): string {
  return signed(
    cents,
    (value) => `${grouped(value / 100n)}.${(value % 100n).toString().padStart(2, "0")}`,
  );
}

/** Shillings, with cents only where there are any: `2,000`, `12.50`. */
export function kesShort(cents: bigint): string {
  return cents % 100n === 0n ? signed(cents, (value) => grouped(value / 100n)) : kesExact(cents);
}

/** Satoshis, with three decimals only where the amount is not whole: `15,575`, `1.250`. */
export function satsExact(msat: bigint): string {
  return signed(msat, (value) => {
    const thousandths = value % msatPerSat;
    const whole = grouped(value / msatPerSat);
    return thousandths === 0n ? whole : `${whole}.${thousandths.toString().padStart(3, "0")}`;
  });
}
