import type { Info, Order, OrderEvent, Quote, QuoteRequest } from "@satsconnect/contracts";
import type { Result } from "@satsconnect/money";

/**
 * What screens and a wallet's node say to each other. Everything is JSON-safe: amounts are decimal strings, times are
 * milliseconds since 1970 (within what the API gave: ISO 8601).
 */
export type WalletSnapshot = {
  /**
   * `restoring`: from the backup. `replaced`: the wallet runs elsewhere now; `failure.code` says where:
   * `other_device` or `other_tab`. `failed`: it could not start; `retry` tries again.
   */
  readonly phase: "starting" | "restoring" | "ready" | "replaced" | "failed";
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** Empty until the operator was heard for the first time. */
  readonly network: string;
  readonly nodeId: string | null;
  readonly connection: {
    readonly api: "online" | "offline";
    readonly node: "connected" | "connecting" | "offline";
    /** Since when it is so. */
    readonly since: number;
  };
  readonly backup: {
    readonly state: "current" | "behind" | "unreachable" | "off";
    readonly since: number;
    /** Until when the person lets the wallet go on without its backup; null: it waits. */
    readonly goesOnUntil: number | null;
  };
  readonly balance: {
    readonly spendableMsat: string;
    /** All that is the holder's: channels with their reserves, on chain, and what comes back from closed channels. */
    readonly totalMsat: string;
    readonly receivableMsat: string;
    readonly onChainSat: string;
    /** On its way, in and out. */
    readonly pendingMsat: string;
    readonly at: number;
  } | null;
  readonly rate: { readonly kesCentsPerBtc: string; readonly at: number } | null;
  /** On its way, newest first. */
  readonly moving: readonly HistoryItem[];
  /** The last five entries, newest first. */
  readonly recent: readonly HistoryItem[];
  /** How far this device's clock is ahead of the operator's, where it is wrong by minutes; zero where it is right. */
  readonly clockAheadMs: number;
  /** What the operator says of itself; null until it was heard. */
  readonly operator: { readonly paused: boolean } | null;
};

export type HistoryItem = {
  readonly id: string;
  readonly kind: "buy" | "sell" | "send" | "receive";
  readonly state: "moving" | "done" | "ended";
  readonly at: number;
  readonly amountMsat: string;
  readonly feeMsat: string;
  /** As the order said, or what a payment was worth when it was made; null where that is not known. */
  readonly amountKesCents: string | null;
  /** The price of then, of a payment that is no order's. */
  readonly kesCentsPerBtc: string | null;
  readonly description: string | null;
  readonly paymentHash: string | null;
  readonly orderId: string | null;
  readonly orderState: string | null;
  readonly deadlineAt: number | null;
  readonly mpesaReceipt: string | null;
  readonly counterparty: string | null;
};

/** One entry with everything that is known of it. The preimage stands here only. */
export type HistoryEntryDetail = {
  readonly item: HistoryItem;
  readonly order: Order | null;
  readonly payment: PaymentView | null;
  readonly invoice: string | null;
  /** Proof that it was paid: of payments of ours that succeeded, and payments to us that were taken in. */
  readonly preimage: string | null;
};

export type HistoryQuery = {
  /** One kind, or those on their way; all when absent. */
  readonly filter?: HistoryItem["kind"] | "moving" | undefined;
  /** Part of a description, a name, a receipt, an amount or a hash. */
  readonly search?: string | undefined;
  /** From the `nextBefore` of the page before. */
  readonly before?: number | undefined;
  /** At most 200. */
  readonly limit: number;
};

export type HistoryPage = {
  readonly items: readonly HistoryItem[];
  /** False: orders could not be asked for in this run; those shown are the last ones known. */
  readonly complete: boolean;
  /** Null: there is nothing older. Entries of one moment are never parted. */
  readonly nextBefore: number | null;
};

export type InvoiceView = {
  readonly invoice: string;
  readonly network: string;
  readonly paymentHash: string;
  /** Null: the payer chooses. */
  readonly amountMsat: string | null;
  readonly description: string | null;
  readonly payee: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** True: this wallet made it. */
  readonly own: boolean;
};

/** What a scanned, pasted or opened text asks to pay. At least one of `invoice` and `address` is there. */
export type Decoded = {
  readonly invoice: InvoiceView | null;
  readonly address: string | null;
  /** What the URI says (BIP 21), not the invoice. */
  readonly amountMsat: string | null;
  readonly label: string | null;
  readonly message: string | null;
};

export type SendPreview = {
  readonly invoice: InvoiceView;
  readonly amountMsat: string;
  /** The most that routing may cost. */
  readonly maxFeeMsat: string;
  /** What it would cost by the map of now; null where no way is known (yet). */
  readonly feeMsat: string | null;
  /** Amount and the fee of now, or the most that it may be. */
  readonly totalMsat: string;
  readonly spendableMsat: string;
  /** An earlier attempt at this invoice: it is not paid again while that is moving or done. */
  readonly earlier: PaymentView | null;
};

export type PaymentView = {
  readonly paymentHash: string;
  readonly direction: "inbound" | "outbound";
  readonly state: "moving" | "done" | "ended";
  /** The node's own word for it; `queued` while it waits for a network. */
  readonly nodeState: string;
  readonly amountMsat: string | null;
  readonly feeMsat: string | null;
  readonly maxFeeMsat: string | null;
  readonly description: string | null;
  readonly payee: string | null;
  /** Why it failed: in every case nothing was paid. */
  readonly failure: string | null;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly expiresAt: number | null;
};

export type ReceiveInvoice = {
  readonly invoice: string;
  readonly paymentHash: string;
  readonly amountMsat: string | null;
  /** Kept by the channel partner out of the payment, for opening a channel; zero when there is room. */
  readonly openingFeeMsat: string;
  readonly expiresAt: number;
  /** The invoice as a BIP 21 URI, with an on-chain address where those work. */
  readonly uri: string;
};

/** What receiving would take, before an amount is chosen. */
export type ReceiveTerms = {
  /** Up to this no channel has to be opened. */
  readonly receivableMsat: string;
  /** Below this a first payment cannot open a channel; null while the terms are not known. */
  readonly minimumMsat: string | null;
  readonly maximumMsat: string | null;
  /** The least that opening a channel costs, and what it costs of larger payments. */
  readonly openingFeeMinimumMsat: string | null;
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
    /** In closed channels, on its way to the wallet. */
    readonly claimableSat: string;
    readonly transactions: readonly {
      readonly txid: string;
      readonly amountSat: string;
      readonly height: number | null;
      readonly at: number | null;
    }[];
  };
  /** The newest last; without secrets, invoices, amounts and numbers of people. */
  readonly logs: readonly LogLine[];
};

/** What is left to do on the way out. Asking again goes on where it was. */
export type LeaveView = {
  readonly address: string;
  /** Not asked to close, or refused so far. */
  readonly channelsOpen: number;
  readonly channelsClosing: number;
  /** In closed channels; the core brings it to the wallet by itself, some of it after some blocks. */
  readonly claimableSat: string;
  /** Sent to the address so far, by this wallet's leave. */
  readonly sent: readonly { readonly txid: string; readonly amountSat: string }[];
  /** True: nothing is left. */
  readonly done: boolean;
};

export type DeviceView = {
  readonly id: string;
  readonly name: string;
  readonly current: boolean;
  readonly createdAt: string;
  readonly lastSeenAt: string;
};

export type PeopleView = {
  /** The number that last paid for a buy. */
  readonly own: string | null;
  /** The latest first, at most ten. */
  readonly recipients: readonly {
    readonly msisdn: string;
    /** As M-Pesa named them; null where it did not. */
    readonly name: string | null;
    readonly at: number;
  }[];
};

export type Nothing = Readonly<Record<string, never>>;

/** Every call: its parameters and its answer. Failures are values; see `WalletClient.call`. */
export type WalletCalls = {
  info: { params: Nothing; value: Info };
  quote: { params: QuoteRequest; value: Quote };
  buy: { params: { readonly quote: Quote; readonly msisdn: string }; value: Order };
  sell: { params: { readonly quote: Quote; readonly msisdn: string }; value: Order };
  /** Whom this wallet deals with over M-Pesa; offline too. */
  people: { params: Nothing; value: PeopleView };
  /** From the API, else the last one known here. */
  order: { params: { readonly orderId: string }; value: Order };
  cancelOrder: { params: { readonly orderId: string }; value: Order };
  /** Offline too. Errors: `text_unknown`, `invoice_malformed`, `offer_unsupported`, `lnurl_unsupported`. */
  decode: { params: { readonly text: string }; value: Decoded };
  previewSend: {
    params: { readonly invoice: string; readonly amountMsat?: string | undefined };
    value: SendPreview;
  };
  /** Answers once the intent is durable, or with the end if that is quick. The same invoice is never paid twice. */
  send: {
    params: { readonly invoice: string; readonly amountMsat?: string | undefined };
    value: PaymentView;
  };
  /**
   * For where there is no network: notes the payment, which goes out by itself once there is one. Not after its invoice
   * has ended, and not after a day.
   */
  sendLater: {
    params: { readonly invoice: string; readonly amountMsat?: string | undefined };
    value: PaymentView;
  };
  /** Ends a payment that still waits for a network. Refused with `already_paid` once it has gone out. */
  takeBack: { params: { readonly paymentHash: string }; value: null };
  /** Answers with the end, or with what it is after `waitMs` (at most 60,000; 0 when absent). */
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
  receiveTerms: { params: Nothing; value: ReceiveTerms };
  history: { params: HistoryQuery; value: HistoryPage };
  entry: { params: { readonly id: string }; value: HistoryEntryDetail };
  /** RFC 4180, with a header line, UTF-8. */
  exportCsv: { params: Nothing; value: string };
  node: { params: Nothing; value: NodeView };
  onChainAddress: { params: Nothing; value: string };
  sendOnChain: {
    params: { readonly address: string; readonly amountSat: string | "all" };
    value: { readonly txid: string; readonly feeSat: string };
  };
  /** How far the way out is; null: nobody has begun it. */
  leave: { params: Nothing; value: LeaveView | null };
  /** Closes every channel together with the operator, and sends everything to the address as it becomes free. */
  closeChannels: {
    params: { readonly address: string; readonly force?: boolean | undefined };
    value: LeaveView;
  };
  devices: { params: Nothing; value: readonly DeviceView[] };
  revokeDevice: { params: { readonly deviceId: string }; value: null };
  /** Takes the wallet over from the tab or device that has it. */
  takeOver: { params: Nothing; value: null };
  /** Starts again what has failed, and asks for the network at once. */
  retry: { params: Nothing; value: null };
  continueWithoutBackup: { params: { readonly until: number }; value: null };
};

export type WalletCall = keyof WalletCalls;

/** What a screen holds of a wallet. */
export interface WalletClient {
  /** The same object until something changes. */
  readonly snapshot: () => WalletSnapshot;
  readonly subscribe: (listener: () => void) => () => void;
  /**
   * Codes besides each call's own: `wallet_starting` (not ready within 60 s, nothing happened), `wallet_unavailable`
   * (the home fell or was closed under the call; retry says what is known), `invalid_request`.
   */
  readonly call: <Name extends WalletCall>(
    name: Name,
    params: WalletCalls[Name]["params"],
  ) => Promise<Result<WalletCalls[Name]["value"]>>;
  /** Every event of an order from its first one on, at least once, in order, over any restart. Returns how to stop. */
  readonly followOrder: (orderId: string, onEvent: (event: OrderEvent) => void) => () => void;
  /** Closes the wallet: its node stops, the seed is forgotten. */
  readonly close: () => Promise<void>;
}
