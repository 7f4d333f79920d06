/** What the shop sells. Prices in satoshis: its customers pay by Lightning. */
export type Good = { readonly id: string; readonly name: string; readonly priceSat: bigint };

export const goods: readonly Good[] = [
  { id: "sukuma", name: "Sukuma wiki, a bunch", priceSat: 200n },
  { id: "maembe", name: "Mangoes, three", priceSat: 900n },
  { id: "mayai", name: "Eggs, a tray", priceSat: 4_200n },
  { id: "unga", name: "Unga, 2 kg", priceSat: 1_700n },
];
