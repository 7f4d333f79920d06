import type { Info, Order, OrderEvent, Quote, QuoteRequest } from "@satsconnect/contracts";
import type { Result } from "@satsconnect/money";

// The messages between the screens and the wallet's worker. Everything is JSON-safe: amounts are decimal strings, times
// are milliseconds since 1970. Values from the API (orders, quotes, devices) keep its ISO 8601 times.

/** The state that screens show. It is stored, so that the next start can show the last known state at once. */
export type WalletSnapshot = {
  /**
   * `restoring`: from the backup. `replaced`: the wallet runs elsewhere; `failure.code` is `other_device` or `other_tab`.
   * `failed`: it could not start; `retry` tries again.
   */
  readonly phase: "starting" | "restoring" | "ready" | "replaced" | "failed";
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** Empty until the API has answered for the first time. */
  readonly network: string;
  readonly nodeId: string | null;
  readonly connection: {
    readonly api: "online" | "offline";
    readonly node: "connected" | "connecting" | "offline";
    /** When `api` or `node` last changed. */
    readonly since: number;
  };
  readonly backup: {
    readonly state: "current" | "behind" | "unreachable" | "off";
    readonly since: number;
    /** Until when the person lets the wallet continue without its backup; null: payments wait for it. */
    readonly withoutBackupUntil: number | null;
  };
  /**
   * Whether another party knows how new the backup is (`docs/backup.md`). `lagging`: the watchtower has not answered since
   * then, and the wallet goes on without it.
   */
  readonly watchtower: { readonly state: "none" | "current" | "lagging"; readonly since: number };
  readonly balance: {
    readonly spendableMsat: string;
    /** Everything the holder owns: channel balances with reserves, on-chain coins, claims from closed channels. */
    readonly totalMsat: string;
    readonly receivableMsat: string;
    readonly onChainSat: string;
    /** In HTLCs that are not settled yet, inbound and outbound. */
    readonly pendingMsat: string;
    readonly at: number;
  } | null;
  readonly rate: { readonly kesCentsPerBtc: string; readonly at: number } | null;
  /** Entries that are not final, newest first. */
  readonly moving: readonly HistoryItem[];
  /** The five newest entries, newest first. */
  readonly recent: readonly HistoryItem[];
  /** Null: the state of every channel is the newest, as far as this device knows. */
  readonly olderState: OlderStateView | null;
  /** How far this device's clock is ahead of the operator's (negative: behind); 0 if the difference is below 5 minutes. */
  readonly clockAheadMs: number;
  /** True after a restore from words that no backup knows, until there is a payment or an order. */
  readonly nothingRestored: boolean;
  /** Null until the API has answered. `paused`: the operator has no price or no Lightning node now. */
  readonly operator: { readonly paused: boolean } | null;
};

/**
 * Channels that are held after a restore, or that are closed because one side's state was older than the other's. It ends
 * once every channel is confirmed, and all coins of the closed ones are in the on-chain wallet.
 */
export type OlderStateView = {
  /**
   * `unconfirmed`: the wallet was restored, and the peer has not confirmed yet that the backup was the newest state; until
   * then nothing of ours closes a channel. `asked`: no closing transaction is in a block. `confirming`: it is, and our
   * output waits for more blocks. `sweeping`: our output is being sent to the on-chain wallet.
   */
  readonly stage: "unconfirmed" | "asked" | "confirming" | "sweeping";
  /** `own`: this device's state was older, so the peer closes. `peer`: the peer's was, so this device closes. */
  readonly side: "own" | "peer";
  /** When the restore, or the older state, was noticed. */
  readonly at: number;
  /** When the stage should have ended; null if that depends on the connection only. */
  readonly untilAt: number | null;
  /** The sum that the closing transactions paid this wallet; null before the last stage. */
  readonly amountSat: string | null;
};

export type HistoryItem = {
  readonly id: string;
  readonly kind: "buy" | "sell" | "send" | "receive";
  readonly state: "moving" | "done" | "ended";
  readonly at: number;
  readonly amountMsat: string;
  readonly feeMsat: string;
  /** From the order, or the value of a payment when it was made; null if unknown. */
  readonly amountKesCents: string | null;
  /** The price when the payment was made, for payments without an order. */
  readonly kesCentsPerBtc: string | null;
  readonly description: string | null;
  readonly paymentHash: string | null;
  readonly orderId: string | null;
  readonly orderState: string | null;
  readonly deadlineAt: number | null;
  readonly mpesaReceipt: string | null;
  readonly counterparty: string | null;
};

/** One history entry with all details. Only this type contains the preimage. */
export type HistoryEntryDetail = {
  readonly item: HistoryItem;
  readonly order: Order | null;
  readonly payment: PaymentView | null;
  readonly invoice: string | null;
  /** Proof of payment for an outbound payment that succeeded; else null. */
  readonly preimage: string | null;
};

export type HistoryQuery = {
  /** One kind, or entries that are not final; all if absent. */
  readonly filter?: HistoryItem["kind"] | "moving" | undefined;
  /** Part of a description, a name, a receipt, a kind or a hash, or an exact amount. */
  readonly search?: string | undefined;
  /** The previous page's `nextBefore`. */
  readonly before?: number | undefined;
  /** 1 to 200. */
  readonly limit: number;
};

export type HistoryPage = {
  readonly items: readonly HistoryItem[];
  /** False if orders could not be fetched in this run; the page then has the last known ones. */
  readonly complete: boolean;
  /** Null if this is the last page. Entries with the same time are never split across pages. */
  readonly nextBefore: number | null;
};

export type InvoiceView = {
  readonly invoice: string;
  readonly network: string;
  readonly paymentHash: string;
  /** Null: the payer chooses the amount. */
  readonly amountMsat: string | null;
  readonly description: string | null;
  readonly payee: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** True if this wallet made it. */
  readonly own: boolean;
};

/** The payment requested by a scanned, pasted or opened text. At least one of `invoice` and `address` is not null. */
export type Decoded = {
  readonly invoice: InvoiceView | null;
  readonly address: string | null;
  /** From the BIP 21 URI, not from the invoice. */
  readonly amountMsat: string | null;
  readonly label: string | null;
  readonly message: string | null;
};

export type SendPreview = {
  readonly invoice: InvoiceView;
  readonly amountMsat: string;
  /** The most that routing may cost. */
  readonly maxFeeMsat: string;
  /** Estimated routing fee; null if the network graph has no route (yet). */
  readonly feeMsat: string | null;
  /** Amount plus the estimated fee, or plus the fee limit if there is no estimate. */
  readonly totalMsat: string;
  readonly spendableMsat: string;
  /** An earlier attempt at this invoice, which is not paid again while that attempt is `moving` or `done`. */
  readonly earlier: PaymentView | null;
};

export type PaymentView = {
  readonly paymentHash: string;
  readonly direction: "inbound" | "outbound";
  readonly state: "moving" | "done" | "ended";
  /** The node's payment state, or `queued` while it waits for a connection. */
  readonly nodeState: string;
  readonly amountMsat: string | null;
  readonly feeMsat: string | null;
  readonly maxFeeMsat: string | null;
  readonly description: string | null;
  readonly payee: string | null;
  /** Reason of a failure, or null. A payment with a reason was not paid. */
  readonly failure: string | null;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly expiresAt: number | null;
};

export type ReceiveInvoice = {
  readonly invoice: string;
  readonly paymentHash: string;
  readonly amountMsat: string | null;
  /** Deducted by the LSP for opening a channel; zero if an open channel has the capacity. */
  readonly openingFeeMsat: string;
  readonly expiresAt: number;
  /** A `lightning:` URI, or a BIP 21 URI with an on-chain address if the amount is large enough for one. */
  readonly uri: string;
};

/** Terms of receiving, known before an amount is chosen. */
export type ReceiveTerms = {
  /** Up to this amount no channel has to be opened. */
  readonly receivableMsat: string;
  /** The smallest payment that can open a channel; null while the LSP's terms are unknown. */
  readonly minMsat: string | null;
  readonly maxMsat: string | null;
  /** The fee for opening a channel is this minimum or the share of the payment, whichever is larger. */
  readonly minOpeningFeeMsat: string | null;
  readonly openingFeePartsPerMillion: number | null;
};

export type ChannelView = {
  readonly channelId: string;
  readonly peer: string;
  readonly capacitySat: string;
  readonly balanceMsat: string;
  readonly sendableMsat: string;
  readonly receivableMsat: string;
  readonly usable: boolean;
  readonly closing: boolean;
  readonly confirmations: number | null;
  readonly fundingTxid: string | null;
};

export type LogLine = {
  readonly at: number;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
};

export type NodeView = {
  readonly nodeId: string;
  readonly network: string;
  readonly coreVersion: string;
  readonly status: string;
  readonly height: number;
  readonly synced: boolean;
  /**
   * Whether the watchtower can punish every revoked transaction that it was told of (`docs/watchtower.md`). `behind`: some
   * have waited for longer than an upload takes, or there was no room for them.
   */
  readonly watchtower: {
    readonly state: "none" | "current" | "behind";
    /** Revoked transactions that it does not have yet. */
    readonly waiting: number;
  };
  readonly peers: readonly {
    readonly nodeId: string;
    readonly connected: boolean;
    readonly address: string | null;
    readonly operator: boolean;
  }[];
  readonly channels: readonly ChannelView[];
  readonly onChain: {
    readonly confirmedSat: string;
    readonly pendingSat: string;
    readonly spendableSat: string;
    /** In closed channels, not yet in the on-chain wallet. */
    readonly claimableSat: string;
    readonly transactions: readonly {
      readonly txid: string;
      readonly amountSat: string;
      readonly height: number | null;
      readonly at: number | null;
    }[];
  };
  /** Newest last. Contains no secrets, invoices, amounts or phone numbers. */
  readonly logs: readonly LogLine[];
};

/** Progress of leaving: all channels are closed and all coins are sent to an address. */
export type LeaveView = {
  readonly address: string;
  /** Channels that have not started to close. */
  readonly channelsOpen: number;
  readonly channelsClosing: number;
  /** In closed channels. The core sweeps it to the wallet by itself, some of it only after a number of blocks. */
  readonly claimableSat: string;
  /** Transactions to the address so far. */
  readonly sent: readonly { readonly txid: string; readonly amountSat: string }[];
  /** True if nothing is left to close, sweep or send, and the last transaction is in a block. */
  readonly done: boolean;
};

export type DeviceView = {
  readonly id: string;
  readonly name: string;
  readonly current: boolean;
  readonly createdAt: string;
  readonly lastSeenAt: string;
};

export type ContactsView = {
  /** The number that last paid for a buy; null before the first buy. */
  readonly own: string | null;
  /** Latest first, at most ten. */
  readonly recipients: readonly {
    readonly msisdn: string;
    /** The name that M-Pesa gave; null if it gave none. */
    readonly name: string | null;
    readonly at: number;
  }[];
};

export type NoParams = Readonly<Record<string, never>>;

/** Every call with its parameters and result. Failures are values; see `WalletClient.call`. */
export type WalletCalls = {
  info: { params: NoParams; value: Info };
  quote: { params: QuoteRequest; value: Quote };
  buy: { params: { readonly quote: Quote; readonly msisdn: string }; value: Order };
  sell: { params: { readonly quote: Quote; readonly msisdn: string }; value: Order };
  /** Works offline. */
  contacts: { params: NoParams; value: ContactsView };
  /** From the API, or the last known state if the API cannot be reached. */
  order: { params: { readonly orderId: string }; value: Order };
  cancelOrder: { params: { readonly orderId: string }; value: Order };
  /**
   * Asks for the current price of a buy that was not delivered at its own, and takes it if it gives at least `acceptedMsat`;
   * null only asks. The order has the new offer if it was not taken.
   */
  renewPrice: {
    params: { readonly orderId: string; readonly acceptedMsat: string | null };
    value: Order;
  };
  /** Proves with the code of a prompt that the holder has the phone. Errors: `number_code_wrong`. */
  proveNumber: { params: { readonly msisdn: string; readonly code: string }; value: null };
  /**
   * Works offline. Errors: `text_unknown`, `uri_malformed`, `invoice_malformed`, `address_malformed`,
   * `address_wrong_network`, `offer_unsupported`, `lnurl_unsupported`, `seed_words`.
   */
  decode: { params: { readonly text: string }; value: Decoded };
  previewSend: {
    params: { readonly invoice: string; readonly amountMsat?: string | undefined };
    value: SendPreview;
  };
  /**
   * Answers with the outcome if the payment is quick, else once the intent to pay is durable. An invoice is never paid
   * twice.
   */
  send: {
    params: { readonly invoice: string; readonly amountMsat?: string | undefined };
    value: PaymentView;
  };
  /**
   * Queues a payment while there is no connection. It is sent when the operator's node is connected, unless the invoice
   * has expired or a day has passed.
   */
  sendLater: {
    params: { readonly invoice: string; readonly amountMsat?: string | undefined };
    value: PaymentView;
  };
  /** Removes a queued payment. Error `already_paid` once it was sent. */
  cancelQueuedSend: { params: { readonly paymentHash: string }; value: null };
  /** Waits until the payment is final, at most `waitMs` (default 0, at most 60,000), and answers with its state. */
  payment: {
    params: { readonly paymentHash: string; readonly waitMs?: number | undefined };
    value: PaymentView;
  };
  receive: {
    params: {
      readonly amountMsat: string | null;
      readonly description: string;
      readonly expirySeconds: number;
    };
    value: ReceiveInvoice;
  };
  receiveTerms: { params: NoParams; value: ReceiveTerms };
  history: { params: HistoryQuery; value: HistoryPage };
  entry: { params: { readonly id: string }; value: HistoryEntryDetail };
  /** RFC 4180, with a header line, UTF-8. */
  exportCsv: { params: NoParams; value: string };
  node: { params: NoParams; value: NodeView };
  onChainAddress: { params: NoParams; value: string };
  sendOnChain: {
    params: { readonly address: string; readonly amountSat: string | "all" };
    value: { readonly txid: string; readonly feeSat: string };
  };
  /** Progress of leaving; null if it was not started. */
  leave: { params: NoParams; value: LeaveView | null };
  /**
   * Closes every channel and sends all coins to the address as they become spendable. Continues after a restart. `force`:
   * close without the operator's cooperation. Call it again to continue with channels that are still open. Errors
   * `backup_unverified` (another device may have used the wallet) and `restore_unconfirmed` (the backup may have been an
   * older one): tell the person the risk, and call again with `withoutBackup` if they accept it.
   */
  closeChannels: {
    params: {
      readonly address: string;
      readonly force?: boolean | undefined;
      readonly withoutBackup?: boolean | undefined;
    };
    value: LeaveView;
  };
  devices: { params: NoParams; value: readonly DeviceView[] };
  revokeDevice: { params: { readonly deviceId: string }; value: null };
  /** Takes over the wallet from the tab or device that runs it. */
  takeOver: { params: NoParams; value: null };
  /** Restarts a failed wallet, or retries connections at once. */
  retry: { params: NoParams; value: null };
  continueWithoutBackup: { params: { readonly until: number }; value: null };
};

export type WalletCall = keyof WalletCalls;

/** The interface through which screens use a wallet. */
export interface WalletClient {
  /** The current snapshot; the same object until something changes. */
  readonly snapshot: () => WalletSnapshot;
  readonly subscribe: (listener: () => void) => () => void;
  /**
   * Error codes of all calls: `wallet_starting` (not ready within 60 s, nothing happened), `wallet_unavailable` (the
   * worker crashed or was closed during the call; `retry` says whether it may have happened), `invalid_request`.
   */
  readonly call: <Name extends WalletCall>(
    name: Name,
    params: WalletCalls[Name]["params"],
  ) => Promise<Result<WalletCalls[Name]["value"]>>;
  /**
   * Calls `onEvent` for every event of an order from the first one on, at least once and in order, across restarts of the
   * worker. Returns a function that stops it.
   */
  readonly followOrder: (orderId: string, onEvent: (event: OrderEvent) => void) => () => void;
  /** Stops the wallet's node and wipes the seed. */
  readonly close: () => Promise<void>;
}
