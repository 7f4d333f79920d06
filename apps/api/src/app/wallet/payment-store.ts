import type { Msat } from "@satsconnect/money";
import type { Position } from "../paging.ts";

/** An invoice that a wallet asked the api to check, and that its own node pays. */
export type WalletSend = {
  readonly id: string;
  readonly paymentHash: string;
  readonly payeeNodeId: string;
  readonly amountMsat: Msat;
  readonly estimatedFeeMsat: Msat;
  readonly description: string;
  readonly createdAt: number;
  readonly expiresAt: number;
};

export type WalletInvoiceState = "open" | "held" | "claimed" | "returned" | "expired";

/** A hold invoice that the operator's node made for a wallet, by a call of earlier releases. */
export type WalletInvoice = {
  readonly id: string;
  readonly walletId: string;
  readonly paymentHash: string;
  readonly amountMsat: Msat;
  readonly description: string;
  readonly expirySeconds: number;
  /** Null until the engine has made it. */
  readonly invoice: string | null;
  readonly state: WalletInvoiceState;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number | null;
};

export type HistoryFilter = {
  readonly before: Position | null;
  readonly from: number | null;
  readonly to: number | null;
  readonly limit: number;
};

/** Records of wallets' own Lightning payments. Times in UTC milliseconds. */
export type WalletPaymentStore = {
  /** Does nothing if the id exists. */
  readonly insertSend: (walletId: string, send: WalletSend) => Promise<void>;
  /** Updates the state of an invoice by its payment hash. Final states stay, and unknown hashes are ignored. */
  readonly advanceInvoice: (
    paymentHash: string,
    state: WalletInvoiceState,
    now: number,
  ) => Promise<void>;
  /** Newest first. */
  readonly listSends: (walletId: string, filter: HistoryFilter) => Promise<readonly WalletSend[]>;
  /** Newest first, without records that have no invoice yet. */
  readonly listInvoices: (
    walletId: string,
    filter: HistoryFilter,
  ) => Promise<readonly WalletInvoice[]>;
};
