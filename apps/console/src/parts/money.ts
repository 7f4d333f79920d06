import { h } from "../design/dom.ts";
import { kesShort, satsExact } from "../format/money.ts";

/** `KES 2,000`. */
export function kes(cents: string): string {
  return `KES ${kesShort(BigInt(cents))}`;
}

/** `15,575 sats`. */
export function sats(msat: string): string {
  return `${satsExact(BigInt(msat))} sats`;
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
