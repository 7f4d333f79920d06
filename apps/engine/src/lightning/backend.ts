import type {
  Balances,
  Channel,
  InboundPayment,
  InvoiceDetails,
  NodeEvent,
  NodeFeeRates,
  OnChainSent,
  OnChainTransaction,
  OutboundPayment,
  Payment,
  Peer,
} from "@satsconnect/lightning";
import type { Msat, Result, Sat } from "@satsconnect/money";

/** Fee and total CLTV delta of a route from the backend's node to the payee. */
type RouteEstimate = { readonly feeMsat: Msat; readonly cltvBlocks: number };

/**
 * The Lightning node as the engine's services use it: small enough that an operator can implement it over an LND
 * cluster instead of the embedded node. Every method that moves money is idempotent by its key or payment hash, and its
 * effect is durable when the promise resolves. `conformance.ts` tests an implementation.
 */
export type LightningBackend = {
  readonly nodeId: string;
  readonly network: string;
  readonly implementation: { readonly core: string; readonly version: string };
  readonly tip: () => {
    readonly height: number;
    readonly hash: string;
    readonly timeMs: number;
    readonly synced: boolean;
  };
  readonly running: () => boolean;

  readonly decodeInvoice: (invoice: string) => Result<InvoiceDetails>;
  /**
   * Creates a hold invoice. A payment of it can be held for at least `holdBlocks` blocks, until `claimHeld` or
   * `failHeld`; after that it is failed back. With `paymentHash`, the preimage is known only to someone else, and
   * `claimHeld` needs it.
   */
  readonly newHeldInvoice: (request: {
    readonly idempotencyKey: string;
    readonly amountMsat: Msat;
    readonly description: string;
    readonly expirySeconds: number;
    readonly holdBlocks: number;
    readonly paymentHash?: string;
  }) => Promise<Result<InboundPayment>>;
  /**
   * Starts a payment; resolves once the intent to pay is durable. When the payee is a wallet of ours without enough
   * inbound capacity, first waits for it to connect and opens a channel to it.
   */
  readonly pay: (request: {
    readonly idempotencyKey: string;
    readonly invoice: string;
    readonly maxFeeMsat: Msat;
    /** A payment that is still pending then fails. Milliseconds since 1970. */
    readonly sendBy?: number;
  }) => Promise<Result<OutboundPayment>>;
  /** Whether `pay` would be admitted for this amount and payee now. Errors: `cap_exceeded`, `payments_paused`. */
  readonly admits: (request: {
    readonly payee: string;
    readonly amountMsat: Msat;
    readonly maxFeeMsat: Msat;
  }) => Promise<Result<void>>;
  /** Claims a held payment. Idempotent; `payment_not_held` once it has been failed back. */
  readonly claimHeld: (paymentHash: string, preimage?: string) => Promise<Result<InboundPayment>>;
  /** Fails a held payment back to its payer. Idempotent; `payment_not_held` once it has been claimed. */
  readonly failHeld: (paymentHash: string) => Promise<Result<InboundPayment>>;
  readonly payment: (paymentHash: string) => Promise<Payment | undefined>;
  readonly paymentByKey: (idempotencyKey: string) => Promise<Payment | undefined>;
  /**
   * Sum of the outbound payments created since `sinceMs` (ms since 1970) that have not failed, in msat. Each counts
   * with its amount and the fee paid, or the maximum fee until the fee is known.
   */
  readonly spentSince: (sinceMs: number) => Promise<bigint>;
  /**
   * The node's events after a sequence number, in order; continues live until the signal aborts. Events are durable:
   * reading again from the same sequence number, also after a restart, yields the same events.
   */
  readonly events: (afterSequence: number, signal: AbortSignal) => AsyncIterable<NodeEvent>;
  /** Fee and CLTV delta of the route that a payment would take now; null when there is none. */
  readonly estimateRoute: (
    invoice: string,
    amountMsat: Msat,
  ) => Promise<Result<RouteEstimate | null>>;

  readonly peers: () => readonly Peer[];
  readonly connectPeer: (nodeId: string, address: string) => Promise<Result<void>>;
  readonly channels: () => Promise<readonly Channel[]>;
  readonly openChannel: (request: {
    readonly idempotencyKey: string;
    readonly peer: string;
    readonly capacitySat: Sat;
    readonly pushMsat: Msat;
    readonly announced: boolean;
  }) => Promise<Result<{ readonly channelId: string }>>;
  /** Starts to close a channel. Repeating it is safe. A cooperative close never becomes a force-close by itself. */
  readonly closeChannel: (channelId: string, force: boolean) => Promise<Result<void>>;
  /**
   * Whether a payment of that amount to the peer would need a just-in-time channel, its opening fee, and the smallest
   * payment for which one is opened.
   */
  readonly estimateChannelOpen: (
    peer: string,
    amountMsat: Msat,
  ) => Promise<
    Result<{ readonly needed: boolean; readonly feeMsat: Msat; readonly minPaymentMsat: Msat }>
  >;

  /**
   * Refuses to forward further payments, or forwards again; what has been forwarded goes on. Called again after each start
   * of the process.
   */
  readonly pauseForwards: (paused: boolean) => Promise<Result<void>>;

  readonly balances: () => Promise<Balances>;
  /** Nodes and channels of the network that the node knows. */
  readonly graphSize: () => Promise<{ readonly nodes: number; readonly channels: number }>;
  readonly newAddress: () => Promise<Result<string>>;
  readonly onChainTransactions: () => Promise<readonly OnChainTransaction[]>;
  /** Sends coins; the anchor reserve stays. The same key sends once; the first answer is repeated. */
  readonly sendOnChain: (request: {
    readonly idempotencyKey: string;
    readonly address: string;
    readonly amountSat: Sat | "all";
    readonly feeRateSatPerKwu: number;
    readonly maxFeeSat: Sat;
  }) => Promise<Result<OnChainSent>>;
  /** Raises the fee of a transaction that waits, by a replacement or a child. The same key bumps once. */
  readonly bumpFee: (request: {
    readonly idempotencyKey: string;
    readonly txid: string;
    readonly feeRateSatPerKwu: number;
    readonly maxFeeSat: Sat;
  }) => Promise<Result<OnChainSent>>;
  /** Sum of `sendOnChain` since that time, fees included. */
  readonly sentOnChainSince: (sinceMs: number) => Promise<Sat>;
  /** The feerates in use; undefined while the node is restarting. */
  readonly feeRates: () => NodeFeeRates | undefined;
};
