import { createApiClient } from "@satsconnect/contracts";
import { createVssClient } from "@satsconnect/contracts/vss";
import type {
  ApiClient,
  Info,
  Order,
  OrderEvent,
  Quote,
  QuoteRequest,
  SessionStore,
} from "@satsconnect/contracts";
import { LightningNode, acceptOnlyFrom } from "@satsconnect/lightning";
import type {
  Balances,
  ChainSource,
  Clock,
  CommitStore,
  EntropySource,
  LightningCore,
  Logger,
  OutboundPayment,
  Payment,
  Transport,
} from "@satsconnect/lightning";
import { err, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import { BackupUnreachable, backedUpStore } from "./backup/backed-up-store.ts";
import type { BackedUpStore } from "./backup/backed-up-store.ts";
import { BackupDamaged } from "./backup/byte-codec.ts";
import { backupKeys } from "./backup/backup-keys.ts";
import { signBeforeStart } from "./backup/sign-in.ts";
import { followOrder, openBuy, openSell, resumeOrders } from "./payments/orders.ts";
import type { OrderTools } from "./payments/orders.ts";
import { checkQuote } from "./payments/quote-check.ts";
import { receiveInvoice } from "./payments/receive.ts";
import type { ReceiveInvoice, ReceiveRequest } from "./payments/receive.ts";
import { previewSend, send, sendAndWait } from "./payments/send.ts";
import type { SendPreview } from "./payments/send.ts";
import { mergeHistory } from "./payments/history.ts";
import type { HistoryEntry } from "./payments/history.ts";
import { openJournal } from "./storage/order-intents.ts";
import { knownOperator, learnOperator } from "./storage/operator.ts";
import type { Operator } from "./storage/operator.ts";
import type { Notes } from "./storage/key-value-store.ts";
import { openPeople } from "./storage/contacts.ts";
import type { People } from "./storage/contacts.ts";
import { openPrices } from "./storage/prices.ts";
import type { Prices } from "./storage/prices.ts";

/** Everything that a wallet is made of. The ports decide where it lives: a terminal, a browser's worker, a phone. */
export type WalletOptions = {
  /** The operator's API, without a path. */
  readonly apiUrl: string;
  /** The 64-byte BIP 39 seed, a fresh copy at each call; wiped once the core has it. */
  readonly seed: () => Uint8Array | Promise<Uint8Array>;
  readonly core: LightningCore;
  readonly store: CommitStore;
  readonly notes: Notes;
  readonly sessionStore: SessionStore;
  readonly chain: (esploraUrl: string) => ChainSource;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly entropy: EntropySource;
  readonly logger: Logger;
  readonly device: { readonly id: string; readonly name: string };
  readonly newId: () => string;
  readonly fetch?: typeof fetch;
  /**
   * Keeps everything in the operator's backup too, and restores from it where nothing is stored yet. Absent: no backup.
   * `isNewSeed`: the words were made here a moment ago. `takeOver`: the person wants the wallet on this device, though
   * another one has it. See `docs/backup.md`.
   */
  readonly backup?: {
    readonly isNewSeed?: boolean;
    readonly takeOver?: boolean;
    /** For tests: how often an idle wallet asks whether it was replaced. */
    readonly checkEveryMs?: number;
  };
};

/** A holder's wallet without a screen: its node, its session with the operator, and its flows. */
export type Wallet = {
  readonly node: LightningNode;
  readonly api: ApiClient;
  readonly operator: Operator;
  /** Null: this wallet keeps no backup. Its `status` says how it stands, and whether another device has the wallet. */
  readonly backup: BackedUpStore | null;
  readonly people: People;
  readonly prices: Prices;
  readonly info: () => Promise<Result<Info>>;
  readonly balances: () => Promise<Balances>;
  /** Resolves true once the operator's node is connected, false when the time is over first. */
  readonly whenConnected: (timeoutMs: number) => Promise<boolean>;
  readonly quote: (request: QuoteRequest) => Promise<Result<Quote>>;
  readonly buy: (quote: Quote, msisdn: string) => Promise<Result<Order>>;
  readonly sell: (quote: Quote, msisdn: string) => Promise<Result<Order>>;
  readonly follow: (orderId: string, signal?: AbortSignal) => AsyncGenerator<OrderEvent>;
  readonly previewSend: (invoice: string, amountMsat?: Msat) => Result<SendPreview>;
  readonly send: (invoice: string, preview: SendPreview) => Promise<Result<OutboundPayment>>;
  /** Pays and waits for the end, or until the time is over: then with what the payment is by then. */
  readonly sendAndWait: (
    invoice: string,
    preview: SendPreview,
    timeoutMs: number,
  ) => Promise<Result<OutboundPayment>>;
  readonly receive: (request: ReceiveRequest) => Promise<Result<ReceiveInvoice>>;
  /** Waits for a payment's end, or for the time to be over: then with what it is. */
  readonly settled: (
    paymentHash: string,
    direction: Payment["direction"],
    timeoutMs: number,
  ) => Promise<Payment | undefined>;
  /** Own payments always; orders when the API can be reached (else those are missing and `complete` is false). */
  readonly history: () => Promise<{
    readonly entries: readonly HistoryEntry[];
    readonly complete: boolean;
  }>;
  /** Goes on with every order that was interrupted. */
  readonly resume: () => Promise<readonly Result<Order>[]>;
  readonly close: () => Promise<void>;
};

/**
 * Opens a wallet: learns (once) which operator it belongs to, starts its node, connects, and goes on with what was
 * interrupted when asked by `resume`. Works offline from the second start on.
 */
export async function openWallet(options: WalletOptions): Promise<Result<Wallet>> {
  let node: LightningNode | undefined;
  let network: Operator["network"] | undefined;
  const api = createApiClient({
    baseUrl: options.apiUrl,
    device: options.device,
    sessionStore: options.sessionStore,
    signLogin: async (payload) => {
      const payloadJson = JSON.stringify(payload);
      const { core, seed, clock, entropy } = options;
      if (node === undefined && network === undefined)
        throw new Error("The network is not known yet");
      const signed =
        node === undefined && network !== undefined
          ? await signBeforeStart({ core, network, seed, clock, entropy }, payloadJson)
          : await node?.signLogin(payloadJson);
      if (signed === undefined) throw new Error("The node is not open yet");
      if (!signed.ok) throw new Error(signed.error.message);
      return signed.value;
    },
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
  const operator = await findOperator(options.notes, api);
  if (!operator.ok) return operator;
  const lsp = operator.value.nodeId;
  network = operator.value.network;
  const backup = options.backup === undefined ? null : await openBackup(options, api);
  const opened = await openNode(backup, {
    core: options.core,
    network,
    seed: options.seed,
    store: backup ?? options.store,
    chain: options.chain(operator.value.esploraUrl),
    transport: backup?.guard(options.transport) ?? options.transport,
    clock: options.clock,
    entropy: options.entropy,
    logger: options.logger,
    policy: { acceptChannel: acceptOnlyFrom(lsp) },
    settings: { acceptSkimmedPayments: true },
  });
  if (!opened.ok) return opened;
  const running = opened.value;
  node = running;
  // An idle node would not notice: it would stay connected, and keep the other device from its peers.
  backup?.subscribe(({ state }) => {
    if (state === "replaced") void running.close();
  });
  const address = operator.value.addresses.find((candidate) =>
    options.transport.supports(candidate),
  );
  if (address === undefined) {
    await running.close();
    return err("operator_unreachable", "No way to the operator's node is known.", "safe");
  }
  // Kept connected by the node itself; a first failure is tried again by it.
  void running.connect({ nodeId: lsp, address });
  void moveWithOperator(options, api, running, address);

  const notes = backup?.notes ?? options.notes;
  const tools: OrderTools = {
    node: running,
    api,
    journal: openJournal(notes),
    lsp,
    now: () => options.clock.now(),
    newId: options.newId,
  };
  return ok({
    node: running,
    api,
    operator: operator.value,
    backup,
    people: openPeople(notes),
    prices: await openPrices(notes),
    info: () => api.info(),
    balances: () => running.balances(),
    whenConnected: (timeoutMs) => running.whenConnected(lsp, AbortSignal.timeout(timeoutMs)),
    quote: async (request) => {
      const quote = await api.quotes.create(request);
      if (quote.ok) return checkQuote(request, quote.value);
      if (quote.error.retry !== "unknown") return quote;
      // a price that was asked for and not heard moves nothing
      return err(quote.error.code, quote.error.message, "safe");
    },
    buy: (quote, msisdn) => openBuy(tools, quote, msisdn),
    sell: (quote, msisdn) => openSell(tools, quote, msisdn),
    follow: (orderId, signal) => followOrder(tools, orderId, signal),
    previewSend: (invoice, amountMsat) => {
      // while the person reads what it costs, the way to the backup is made warm
      void backup?.check();
      return previewSend(running, invoice, options.clock.now(), amountMsat);
    },
    send: (invoice, preview) => send(running, invoice, preview),
    sendAndWait: (invoice, preview, timeoutMs) =>
      sendAndWait(running, invoice, preview, options.clock, timeoutMs),
    receive: (request) => receiveInvoice(running, lsp, request),
    settled: (paymentHash, direction, timeoutMs) =>
      running.whenSettled(paymentHash, direction, AbortSignal.timeout(timeoutMs)),
    history: async () => {
      const [payments, orders] = await Promise.all([running.payments(), allOrders(api)]);
      return { entries: mergeHistory(payments, orders.list), complete: orders.complete };
    },
    resume: () => resumeOrders(tools),
    close: () => running.close(),
  });
}

async function openBackup(options: WalletOptions, api: ApiClient): Promise<BackedUpStore> {
  const { clock, entropy, logger, store, notes } = options;
  const seed = await options.seed();
  try {
    return backedUpStore({
      ...options.backup,
      local: store,
      notes,
      keys: backupKeys(seed, entropy),
      vss: createVssClient({
        baseUrl: options.apiUrl,
        accessToken: api.session.accessToken,
        discardAccessToken: api.session.discardAccessToken,
        ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
      }),
      clock,
      entropy,
      logger,
    });
  } finally {
    seed.fill(0);
  }
}

/** Errors besides the node's: `backup_unreachable` (safe), `backup_damaged` (never), `wallet_replaced` (never). */
async function openNode(
  backup: BackedUpStore | null,
  options: Parameters<typeof LightningNode.open>[0],
): Promise<Result<LightningNode>> {
  try {
    const opened = await LightningNode.open(options);
    return !opened.ok && backup?.status().state === "replaced"
      ? err("wallet_replaced", "This wallet lives on another device now.", "never")
      : opened;
  } catch (error) {
    if (error instanceof BackupUnreachable)
      return err(
        "backup_unreachable",
        "Nothing is stored here, and the backup cannot be reached: nobody can say whether this wallet has money.",
        "safe",
      );
    if (error instanceof BackupDamaged)
      return err("backup_damaged", `The backup cannot be read: ${error.message}.`, "never");
    throw error;
  }
}

/** As it was known at an earlier start, at once; else as the API says. */
async function findOperator(notes: Notes, api: ApiClient): Promise<Result<Operator>> {
  const known = await knownOperator(notes);
  if (known !== undefined) return ok(known);
  const info = await api.info();
  return info.ok ? learnOperator(notes, info.value) : info;
}

/** Asks, once the wallet runs, whether the operator's node has moved, and follows it to where it is now. */
async function moveWithOperator(
  options: WalletOptions,
  api: ApiClient,
  node: LightningNode,
  address: string,
): Promise<void> {
  const info = await api.info();
  if (!info.ok) return;
  const learnt = await learnOperator(options.notes, info.value);
  if (!learnt.ok) return options.logger.error({ code: learnt.error.code }, "the operator changed");
  const now = learnt.value.addresses.find((candidate) => options.transport.supports(candidate));
  if (now !== undefined && now !== address && node.status === "running")
    await node.connect({ nodeId: learnt.value.nodeId, address: now });
}

async function allOrders(
  api: ApiClient,
): Promise<{ readonly list: readonly Order[]; readonly complete: boolean }> {
  const list: Order[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await api.orders.list(cursor === undefined ? {} : { cursor });
    if (!page.ok) return { list, complete: false };
    list.push(...page.value.orders);
    if (page.value.nextCursor === null) return { list, complete: true };
    cursor = page.value.nextCursor;
  }
}
