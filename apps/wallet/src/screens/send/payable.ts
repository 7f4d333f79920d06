import type { Decoded, InvoiceView } from "@satsconnect/wallet/client";

/** A decoded text that contains a Lightning invoice. */
export type Payable = { readonly decoded: Decoded; readonly invoice: InvoiceView };

/** The name of the payee, as far as the code contains one. */
export function payeeName({ decoded, invoice }: Payable): string | null {
  return decoded.label ?? invoice.description ?? decoded.message;
}
