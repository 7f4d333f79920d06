/** Whether an invoice is for a network. BOLT 11 has no prefix for testnet4, whose invoices have testnet's. */
export function isInvoiceFor(network: string, invoice: { readonly network: string }): boolean {
  return invoice.network === (network === "testnet4" ? "testnet" : network);
}
