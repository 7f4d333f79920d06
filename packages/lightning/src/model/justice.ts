import type { Sat } from "@satsconnect/money";

/** An item for the watchtower. Items are in the order in which they became durable. */
export type JusticeItem = { readonly number: number } & JusticeItemBody;

export type JusticeItemBody =
  /** A peer has revoked a commitment transaction. Broadcasting it from now on is theft. */
  | {
      readonly type: "revoked";
      readonly channelId: string;
      /** In display order. */
      readonly commitmentTxid: string;
      /** Amount of the output that the transactions spend. */
      readonly valueSat: Sat;
      /** Signed transactions as hex, with ascending fees, all for the same output. They pay to the on-chain wallet. */
      readonly transactions: readonly string[];
    }
  /** The channel is closed. Its transactions are needed until the closing transaction is deep in the chain. */
  | { readonly type: "closed"; readonly channelId: string };

/** The items that wait for the watchtower. */
export type JusticeState = {
  /** Items that are stored and not delivered. */
  readonly waiting: number;
  /** Items that were dropped because too many waited: these revoked transactions are not covered. */
  readonly dropped: number;
};
