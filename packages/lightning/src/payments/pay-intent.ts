import type { Msat } from "@satsconnect/money";

export type PayIntent = {
  readonly maxCltvExpiryDelta: number | null;
  readonly payerNote: string | null;
  /** As asked for, where the invoice leaves it open. */
  readonly givenAmountMsat: Msat | null;
  readonly openChannelToPayee: boolean;
  /** True: the invoice names one of our own hops, so that the payee is a wallet of ours. */
  readonly payeeIsOurs: boolean;
};
