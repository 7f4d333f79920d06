import type { MoneyWords } from "../i18n/catalogues/money-screens.en.ts";

type UnpayableMessage = { readonly statement: string; readonly detail: string | null };

/** Explains why a scanned, pasted or typed text cannot be paid, and what to ask for instead. */
export function unpayableMessage(code: string, { send }: MoneyWords): UnpayableMessage {
  switch (code) {
    case "lnurl_unsupported":
      return { statement: send.lnurl, detail: send.askForInvoice };
    case "offer_unsupported":
      return { statement: send.offer, detail: send.askForInvoice };
    case "uri_malformed":
      return { statement: send.strangeLink, detail: send.askForInvoice };
    case "text_ambiguous":
      return { statement: send.severalCodes, detail: send.severalCodesDetail };
    case "address_wrong_network":
    case "invoice_wrong_network":
      return { statement: send.wrongNetwork, detail: null };
    case "address_malformed":
      return { statement: send.addressMistake, detail: send.onlyOnChainDetail };
    case "seed_words":
      return { statement: send.secretWords, detail: send.secretWordsDetail };
    default:
      return { statement: send.unreadable, detail: send.unreadableDetail };
  }
}
