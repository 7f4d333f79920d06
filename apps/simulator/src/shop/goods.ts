import type { Language } from "../shared/language.ts";

/** An item of the shop, priced in satoshis. */
export type Good = {
  readonly id: "sukuma" | "maembe" | "mayai" | "unga";
  readonly name: Readonly<Record<Language, string>>;
  readonly priceSat: bigint;
};

export const goods: readonly Good[] = [
  { id: "sukuma", name: { en: "Sukuma wiki, a bunch", sw: "Sukuma wiki, fungu" }, priceSat: 200n },
  { id: "maembe", name: { en: "Mangoes, three", sw: "Maembe matatu" }, priceSat: 900n },
  { id: "mayai", name: { en: "Eggs, a tray", sw: "Mayai, trei moja" }, priceSat: 4_200n },
  { id: "unga", name: { en: "Unga, 2 kg", sw: "Unga, kilo 2" }, priceSat: 1_700n },
];
