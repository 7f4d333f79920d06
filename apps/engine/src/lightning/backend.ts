import type {
  Balances,
  Channel,
  InboundPayment,
  InvoiceDetails,
  NodeEvent,
  OnChainTransaction,
  OutboundPayment,
  Payment,
  Peer,
} from "@satsconnect/lightning";
import type { Msat, Result, Sat } from "@satsconnect/money";

/** What a route costs, from the backend's node to the payee. */
type RouteEstimate = { readonly feeMsat: Msat; readonly cltvBlocks: number };

/**
 * What the engine's services need of a Lightning node: small enough that an operator can put an LND cluster there
 * instead of the embedded node. Every method that moves money is idempotent by its key and durable when it resolves;
 * `conformance.ts` says so in tests.
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
  /** An invoice of ours that is held when paid; with `paymentHash` somebody else knows the preimage. */
  readonly newHeldInvoice: (request: {
    readonly idempotencyKey: string;
    readonly amountMsat: Msat;
    readonly description: string;
    readonly expirySeconds: number;
    readonly holdBlocks: number;
    readonly paymentHash?: string;
  }) => Promise<Result<InboundPayment>>;
  /**
   * Pays; opens a channel to the payee first where it is a wallet of ours without room, and waits for it to connect.
   * Resolves once the intent is durable.
   */
  readonly pay: (request: {
    readonly idempotencyKey: string;
    readonly invoice: string;
    readonly feeLimitMsat: Msat;
  }) => Promise<Result<OutboundPayment>>;
  /** Takes a held payment; again is harmless. Refused once it was handed back. */
  readonly claim: (paymentHash: string, preimage?: string) => Promise<Result<InboundPayment>>;
  /** Hands a held payment back; again is harmless. Refused once it was taken. */
  readonly refund: (paymentHash: string) => Promise<Result<InboundPayment>>;
  readonly payment: (paymentHash: string) => Promise<Payment | undefined>;
  readonly paymentByKey: (idempotencyKey: string) => Promise<Payment | undefined>;
  /** What left, or is on its way, of payments begun since then; fees as paid, or at their limit. */
  readonly spentSince: (sinceMs: number) => Promise<bigint>;
  /** Durable, in order, at least once. */
  readonly events: (afterSequence: number, signal: AbortSignal) => AsyncIterable<NodeEvent>;
  /** Where the node would send a payment now; null where it finds no way. */
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
  readonly closeChannel: (channelId: string, force: boolean) => Promise<Result<void>>;
  readonly estimateChannelOpen: (
    peer: string,
    amountMsat: Msat,
  ) => Promise<Result<{ readonly needed: boolean; readonly feeMsat: Msat }>>;

  readonly balances: () => Promise<Balances>;
  readonly newAddress: () => Promise<Result<string>>;
  readonly onChainTransactions: () => Promise<readonly OnChainTransaction[]>;
};
