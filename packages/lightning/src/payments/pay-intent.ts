import type { Msat } from "@satsconnect/money";

/** Parameters of a pending payment that its record does not contain. Stored until the payment is handed to the core. */
export type PayIntent = {
  readonly maxCltvExpiryDelta: number | null;
  readonly payerNote: string | null;
  /** The caller's amount; null when the invoice fixes it. */
  readonly givenAmountMsat: Msat | null;
  readonly openChannelToPayee: boolean;
  /** True when the invoice's route hint names this node as the last hop: the payee is one of our wallets. */
  readonly payeeIsOurs: boolean;
  /** A payment that is still pending then fails. Milliseconds since 1970; absent: it waits until the invoice expires. */
  readonly sendBy?: number;
};
