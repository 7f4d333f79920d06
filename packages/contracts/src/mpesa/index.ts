/** The codes of M-Pesa (Safaricom's Daraja): outcome, reason, who must act, and a sentence for each. */
export * from "./request-codes.ts";
export * from "./result-codes.ts";
export { mpesaSentences } from "./sentences.ts";
export type { MpesaReason } from "./sentences.ts";
