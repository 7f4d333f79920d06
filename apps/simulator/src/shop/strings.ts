import type { Language } from "../shared/language.ts";

const english = {
  title: "Mama Mboga's shop",
  lead: "Fresh from Marikiti. Pay with any Lightning wallet.",
  buy: "Buy",
  ownAmount: "Another amount, in sats",
  ask: "Get an invoice",
  invalidAmount: "Enter a whole number of sats from 1 to 10,000,000.",
  pay: "Scan this with your wallet, or copy it. This page updates itself when you have paid.",
  invoice: "Invoice",
  copy: "Copy the invoice",
  copied: "Copied",
  paid: "Paid",
  thanks: "Asante sana! Welcome again.",
  ended: "This invoice has expired. Please order again.",
  back: "Back to the shop",
  node: "The shop's node",
  order: "Your order",
  price: (sats: string) => `${sats} sats`,
};

type Strings = typeof english;

const swahili: Strings = {
  title: "Duka la Mama Mboga",
  lead: "Mboga mbichi kutoka Marikiti. Lipa kwa pochi yoyote ya Lightning.",
  buy: "Nunua",
  ownAmount: "Kiasi kingine, kwa sats",
  ask: "Omba kiasi hiki",
  invalidAmount: "Kiasi ni namba kamili ya sats, kutoka 1 hadi 10,000,000.",
  pay: "Skani kwa pochi yako, au nakili ankara. Ukishalipa, ukurasa utaonyesha wenyewe.",
  invoice: "Ankara",
  copy: "Nakili ankara",
  copied: "Imenakiliwa",
  paid: "Imelipwa",
  thanks: "Asante sana! Karibu tena.",
  ended: "Ankara hii imeisha. Tafadhali agiza tena.",
  back: "Rudi dukani",
  node: "Nodi ya duka",
  order: "Agizo lako",
  price: (sats) => `Sats ${sats}`,
};

export function shopStrings(language: Language): Strings {
  return language === "sw" ? swahili : english;
}
