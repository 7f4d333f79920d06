import type { ReceiveInvoice } from "@satsconnect/wallet/client";

/**
 * The text of a code's picture: the invoice alone, unless the person wants the address on the Bitcoin chain in it as well,
 * which makes the picture twice as dense. Upper case gives larger modules; BOLT 11 does not distinguish case.
 */
export function codeText(
  code: Pick<ReceiveInvoice, "invoice" | "uri">,
  withAddress: boolean,
): string {
  return withAddress && hasAddress(code) ? code.uri : code.invoice.toUpperCase();
}

/** Whether the code's URI contains an on-chain address besides the invoice. */
export function hasAddress({ uri }: Pick<ReceiveInvoice, "uri">): boolean {
  return /^bitcoin:[a-z0-9]/iu.test(uri);
}
