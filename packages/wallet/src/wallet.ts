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
import { LightningNode, acceptOnlyFrom, httpSnapshots } from "@satsconnect/lightning";
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
import { backedUpStore } from "./backup/backed-up-store.ts";
import { BackupUnreachable, BackupWithheld } from "./backup/backup-errors.ts";
import type { BackedUpStore } from "./backup/backed-up-store.ts";
import { BackupDamaged } from "./backup/byte-codec.ts";
import { backupKeys } from "./backup/backup-keys.ts";
import { signWithoutNode } from "./backup/sign-in.ts";
import { openTower } from "./backup/tower-access.ts";
import type { TowerAccess } from "./backup/tower-access.ts";
import { AppointmentUpload } from "./tower/appointment-upload.ts";
import { operatorClock } from "./operator-clock.ts";
import { followOrder, openBuy, openSell, resumeOrders } from "./payments/orders.ts";
import type { OrderDependencies } from "./payments/orders.ts";
import { checkQuote } from "./payments/quote-check.ts";
import { receiveInvoice } from "./payments/receive.ts";
import type { ReceiveInvoice, ReceiveRequest } from "./payments/receive.ts";
import { previewSend, send, sendAndWait } from "./payments/send.ts";
import type { SendPreview } from "./payments/send.ts";
import { mergeHistory } from "./payments/history.ts";
import type { HistoryEntry } from "./payments/history.ts";
import { openOrderIntents } from "./storage/order-intents.ts";
import { loadOperator, updateOperator } from "./storage/operator.ts";
import type { Operator } from "./storage/operator.ts";
import type { KeyValueStore } from "./storage/key-value-store.ts";
import { openContacts } from "./storage/contacts.ts";
import type { Contacts } from "./storage/contacts.ts";
import { openPrices } from "./storage/prices.ts";
import { toSelfDelayBlocks } from "./policy.ts";
import type { Prices } from "./storage/prices.ts";

/** A wallet's parts. A terminal, a browser's worker and a phone pass different stores, transports and clocks. */
export type WalletOptions = {
  /** Base URL of the operator's API, without a path. */
  readonly apiUrl: string;
  /** Returns a fresh copy of the 64-byte BIP 39 seed, which is wiped after use. */
  readonly seed: () => Uint8Array | Promise<Uint8Array>;
  readonly core: LightningCore;
  readonly store: CommitStore;
  readonly keyValueStore: KeyValueStore;
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
   * `key@url` of a watchtower that is not the operator's. It knows how new the backup has to be, and punishes revoked
   * transactions while this wallet is off. Without one, an old backup from the operator cannot be recognised.
   */
  readonly watchtower?: string;
  /**
   * Keeps an encrypted backup at the operator, and restores from it if nothing is stored on this device. Absent: no
   * backup. `isNewSeed`: the mnemonic was just generated on this device. `takeOver`: the person wants the wallet on this
   * device although another one has it. See `docs/backup.md`.
   */
  readonly backup?: {
    readonly isNewSeed?: boolean;
    readonly takeOver?: boolean;
    /** For tests: how often an idle wallet asks whether another device has taken over. */
    readonly checkEveryMs?: number;
  };
};

/** A wallet without a user interface: its node, its session with the operator, its payments and orders. */
export type Wallet = {
  readonly node: LightningNode;
  readonly api: ApiClient;
  readonly operator: Operator;
  /** Null if this wallet keeps no backup. */
  readonly backup: BackedUpStore | null;
  /** The state of the appointments at the watchtower; null without one. */
  readonly appointments: Pick<AppointmentUpload, "status" | "subscribe"> | null;
  readonly contacts: Contacts;
  readonly prices: Prices;
  readonly info: () => Promise<Result<Info>>;
  readonly balances: () => Promise<Balances>;
  /** Resolves true once the operator's node is connected, false after the timeout. */
  readonly whenConnected: (timeoutMs: number) => Promise<boolean>;
  readonly quote: (request: QuoteRequest) => Promise<Result<Quote>>;
  readonly buy: (quote: Quote, msisdn: string) => Promise<Result<Order>>;
  readonly sell: (quote: Quote, msisdn: string) => Promise<Result<Order>>;
  /** Yields an order's events from the first one on, at least once and in order; see `followOrder`. */
  readonly follow: (orderId: string, signal?: AbortSignal) => AsyncGenerator<OrderEvent>;
  readonly previewSend: (invoice: string, amountMsat?: Msat) => Result<SendPreview>;
  readonly send: (invoice: string, preview: SendPreview) => Promise<Result<OutboundPayment>>;
  /** Pays and waits until the payment succeeds or fails. After the timeout it resolves with the payment as it is. */
  readonly sendAndWait: (
    invoice: string,
    preview: SendPreview,
    timeoutMs: number,
  ) => Promise<Result<OutboundPayment>>;
  readonly receive: (request: ReceiveRequest) => Promise<Result<ReceiveInvoice>>;
  /** Waits until a payment is final. After the timeout it resolves with the payment as it is. */
  readonly settled: (
    paymentHash: string,
    direction: Payment["direction"],
    timeoutMs: number,
  ) => Promise<Payment | undefined>;
  /** All payments and orders. `complete` is false, and orders are missing, if the API cannot be reached. */
  readonly history: () => Promise<{
    readonly entries: readonly HistoryEntry[];
    readonly complete: boolean;
  }>;
  /** Continues every interrupted order; see `resumeOrders`. */
  readonly resume: () => Promise<readonly Result<Order>[]>;
  readonly close: () => Promise<void>;
};

/**
 * Opens a wallet: asks the API for the operator's node (at the first start only), starts the wallet's own node and
 * connects it. Works offline from the second start on. Errors: those of the API and the node, `operator_unreachable`,
 * `backup_unreachable` (safe), `backup_withheld` (safe), `backup_damaged` (never), `wallet_replaced` (never),
 * `tower_address_invalid` (never).
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
        throw new Error("The network is not known before the first login");
      const signed =
        node === undefined && network !== undefined
          ? await signWithoutNode({ core, network, seed, clock, entropy }, payloadJson)
          : await node?.signLogin(payloadJson);
      if (signed === undefined) throw new Error("The node is not open yet");
      if (!signed.ok) throw new Error(signed.error.message);
      return signed.value;
    },
    now: () => options.clock.now(),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
  const clock = operatorClock(options.clock, api.serverAheadMs);
  const operator = await findOperator(options.keyValueStore, api);
  if (!operator.ok) return operator;
  const lsp = operator.value.nodeId;
  network = operator.value.network;
  const openedTower = await openWatchtower(options);
  if (!openedTower.ok) return openedTower;
  const tower = openedTower.value;
  const backup = options.backup === undefined ? null : await openBackup(options, api, tower);
  const opened = await openNode(backup, {
    core: options.core,
    network,
    seed: options.seed,
    store: backup ?? options.store,
    chain: options.chain(operator.value.esploraUrl),
    transport: backup?.guardTransport(options.transport) ?? options.transport,
    clock,
    entropy: options.entropy,
    logger: options.logger,
    policy: { acceptChannel: acceptOnlyFrom(lsp) },
    settings: { acceptSkimmedPayments: true, toSelfDelayBlocks, justice: tower !== null },
    gossip: {
      from: "snapshots",
      source: httpSnapshots({
        url: `${operator.value.esploraUrl.replace(/\/$/u, "")}/gossip/snapshot`,
        ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
      }),
    },
  });
  if (!opened.ok) return opened;
  const running = opened.value;
  node = running;
  // An idle node would not notice that it was replaced. It would stay connected and keep the other device from its peers.
  backup?.subscribe(({ state }) => {
    if (state === "replaced") void running.close();
  });
  const address = operator.value.addresses.find((candidate) =>
    options.transport.supports(candidate),
  );
  if (address === undefined) {
    await running.close();
    return err(
      "operator_unreachable",
      "This device cannot reach any of the addresses that the operator's node has.",
      "safe",
    );
  }
  const appointments =
    tower === null
      ? null
      : new AppointmentUpload({
          justice: running.justice,
          client: tower.client,
          channelName: tower.channelName,
          clock: options.clock,
          logger: options.logger,
        });
  void running.stopped.then(() => appointments?.stop());
  // The node keeps this connection and retries failures.
  void running.connect({ nodeId: lsp, address });
  void updateOperatorAddress(options, api, running, address);

  const keyValueStore = backup?.keyValueStore ?? options.keyValueStore;
  const dependencies: OrderDependencies = {
    node: running,
    api,
    intents: openOrderIntents(keyValueStore),
    lsp,
    now: () => options.clock.now(),
    operatorNow: () => clock.now(),
    newId: options.newId,
  };
  return ok({
    node: running,
    api,
    operator: operator.value,
    backup,
    appointments,
    contacts: openContacts(keyValueStore),
    prices: await openPrices(keyValueStore),
    info: () => api.info(),
    balances: () => running.balances(),
    whenConnected: (timeoutMs) => running.whenConnected(lsp, AbortSignal.timeout(timeoutMs)),
    quote: async (request) => {
      const quote = await api.quotes.create(request);
      if (quote.ok) return checkQuote(request, quote.value);
      if (quote.error.retry !== "unknown") return quote;
      // a lost answer to a quote request moves no money
      return err(quote.error.code, quote.error.message, "safe");
    },
    buy: (quote, msisdn) => openBuy(dependencies, quote, msisdn),
    sell: (quote, msisdn) => openSell(dependencies, quote, msisdn),
    follow: (orderId, signal) => followOrder(dependencies, orderId, signal),
    previewSend: (invoice, amountMsat) => {
      // open the connection to the backup while the person reads the preview
      void backup?.check();
      return previewSend(running, invoice, clock.now(), amountMsat);
    },
    send: (invoice, preview) => send(running, invoice, preview),
    sendAndWait: (invoice, preview, timeoutMs) => sendAndWait(running, invoice, preview, timeoutMs),
    receive: (request) => receiveInvoice(running, lsp, request),
    settled: (paymentHash, direction, timeoutMs) =>
      running.whenSettled(paymentHash, direction, AbortSignal.timeout(timeoutMs)),
    history: async () => {
      const [payments, orders] = await Promise.all([running.payments(), allOrders(api)]);
      return { entries: mergeHistory(payments, orders.list), complete: orders.complete };
    },
    resume: () => resumeOrders(dependencies),
    close: () => running.close(),
  });
}

/** Null if the wallet has no watchtower. */
async function openWatchtower(
  options: WalletOptions,
): Promise<Result<TowerAccess | null, "tower_address_invalid">> {
  const { clock, entropy, watchtower: address } = options;
  if (address === undefined) return ok(null);
  const seed = await options.seed();
  try {
    const sending = options.fetch === undefined ? {} : { fetch: options.fetch };
    return openTower({ address, seed, clock, entropy, ...sending });
  } finally {
    seed.fill(0);
  }
}

async function openBackup(
  options: WalletOptions,
  api: ApiClient,
  tower: TowerAccess | null,
): Promise<BackedUpStore> {
  const { clock, entropy, logger, store, keyValueStore } = options;
  const seed = await options.seed();
  try {
    return backedUpStore({
      ...options.backup,
      local: store,
      keyValueStore,
      keys: backupKeys(seed, entropy),
      vss: createVssClient({
        baseUrl: options.apiUrl,
        accessToken: api.session.accessToken,
        discardAccessToken: api.session.discardAccessToken,
        ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
      }),
      ...(tower === null ? {} : { tower: tower.heads }),
      clock,
      entropy,
      logger,
    });
  } finally {
    seed.fill(0);
  }
}

async function openNode(
  backup: BackedUpStore | null,
  options: Parameters<typeof LightningNode.open>[0],
): Promise<Result<LightningNode>> {
  try {
    const opened = await LightningNode.open(options);
    return !opened.ok && backup?.status().state === "replaced"
      ? err("wallet_replaced", "Another device has taken over this wallet.", "never")
      : opened;
  } catch (error) {
    if (error instanceof BackupUnreachable)
      return err(
        "backup_unreachable",
        "Nothing is stored on this device and the backup cannot be reached. Try again when you are online.",
        "safe",
      );
    if (error instanceof BackupWithheld)
      return err(
        "backup_withheld",
        "The operator says that it has no backup of this wallet, but the watchtower knows one. Try again later, or ask the operator.",
        "safe",
      );
    if (error instanceof BackupDamaged)
      return err("backup_damaged", `The backup cannot be read: ${error.message}.`, "never");
    throw error;
  }
}

/** The stored operator, or at the first start what the API reports. */
async function findOperator(store: KeyValueStore, api: ApiClient): Promise<Result<Operator>> {
  const stored = await loadOperator(store);
  if (stored !== undefined) return ok(stored);
  const info = await api.info();
  return info.ok ? updateOperator(store, info.value) : info;
}

/** Asks the API whether the operator's node has a new address, and connects to it there. */
async function updateOperatorAddress(
  options: WalletOptions,
  api: ApiClient,
  node: LightningNode,
  address: string,
): Promise<void> {
  const info = await api.info();
  if (!info.ok) return;
  const updated = await updateOperator(options.keyValueStore, info.value);
  if (!updated.ok)
    return options.logger.error(
      { code: updated.error.code },
      "the API reports a different operator",
    );
  const current = updated.value.addresses.find((candidate) =>
    options.transport.supports(candidate),
  );
  if (current !== undefined && current !== address && node.status === "running")
    await node.connect({ nodeId: updated.value.nodeId, address: current });
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
