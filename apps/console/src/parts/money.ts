import { h } from "../design/dom.ts";
import { kesExact, kesShort, satsExact } from "../format/money.ts";

/** `KES 2,000`. */
export function kes(cents: string): string {
  return `KES ${kesShort(BigInt(cents))}`;
}

/** `15,575 sats`. */
export function sats(msat: string): string {
  return `${satsExact(BigInt(msat))} sats`;
}

/** `1 BTC = KES 12,700,000.00`, from the api's `12700000.00`. */
export function rate(kesPerBtc: string): string {
  return `1 BTC = KES ${kesPerBtc.replaceAll(/\B(?=(\d{3})+(?:\.|$))/gu, ",")}`;
}

/** The sum at the head of a page: unit in the margin, figure beside the line, sats below. */
export function sum(cents: string, msat: string): HTMLElement {
  return h(
    "div",
    { class: "sum" },
    h("span", { class: "unit" }, "KES"),
    h("span", { class: "amount", "data-testid": "sum" }, kesShort(BigInt(cents))),
    h("span", { class: "worth" }, sats(msat)),
  );
}

/** A signed amount of the ledger without its unit: `−1,500.00`, `15,575`. */
export function ledgerFigure(currency: string, amount: string): string {
  return currency === "KES" ? kesExact(BigInt(amount)) : satsExact(BigInt(amount));
}
