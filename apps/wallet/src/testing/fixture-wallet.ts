import type { Info, Order, OrderEvent, Quote } from "@satsconnect/contracts";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type {
  Decoded,
  HistoryEntryDetail,
  HistoryItem,
  InvoiceView,
  PaymentView,
  ReceiveInvoice,
  WalletCalls,
  WalletClient,
  WalletSnapshot,
} from "@satsconnect/wallet/client";

/*
 * A made-up wallet for tests and frames: it moves no money and uses no network. Its answers can be replaced one by one.
 * The app itself never imports it.
 */

/** 14:32:00 in Kenya, on the day that the pictures show. */
export const fixtureNow = Date.parse("2024-11-21T11:32:00.000Z");
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const rate = "12700000.00";

const preimage = "0e1d2c3b4a5968778695a4b3c2d1e0f1".repeat(2);
/** Made-up hash, always the same for the same seed. */
const hash = (seed: string) =>
  Array.from({ length: 64 }, (_, index) =>
    ((Number.parseInt(seed, 16) * (index + 7) * 31 + index * index) % 16).toString(16),
  ).join("");
const nodeId = `02${hash("ab")}`;
const invoiceText = `lnbcrt9450n1${"qpzry9x8gf2tvdw0s3jn54khce6mua7l".repeat(7)}`;

export function fixtureItem(change: Partial<HistoryItem> & { readonly id: string }): HistoryItem {
  return {
    kind: "send",
    state: "done",
    at: fixtureNow,
    amountMsat: "945000",
    feeMsat: "0",
    amountKesCents: "12001",
    kesCentsPerBtc:
      change.kind === "buy" || change.kind === "sell" || change.amountKesCents === null
        ? null
        : "1270000000",
    description: null,
    paymentHash: hash("1f"),
    orderId: null,
    orderState: null,
    deadlineAt: null,
    mpesaReceipt: null,
    counterparty: null,
    ...change,
  };
}

export const fixtureHistory: readonly HistoryItem[] = [
  fixtureItem({ id: "njeri", at: fixtureNow - 34 * minute, description: "Mama Njeri" }),
  fixtureItem({
    id: "jane",
    kind: "receive",
    at: fixtureNow - 192 * minute,
    amountMsat: "5118000",
    amountKesCents: "65000",
    description: "Chapati 2 na chai, meza ya tatu karibu na dirisha la kushoto",
  }),
  fixtureItem({
    id: "fuel",
    at: fixtureNow - 5.5 * hour,
    amountMsat: "3937000",
    amountKesCents: "50000",
    description: "Fuel, Kasarani stage",
  }),
  fixtureItem({
    id: "sold",
    kind: "sell",
    at: fixtureNow - 19.8 * hour,
    amountMsat: "11811000",
    amountKesCents: "150000",
    orderId: "00000000-0000-4000-8000-000000000003",
    orderState: "claimed",
    mpesaReceipt: "SKK9W2M6BX",
    counterparty: "WANJIKU M•••••",
  }),
  fixtureItem({
    id: "back",
    kind: "sell",
    state: "ended",
    at: fixtureNow - 23.4 * hour,
    amountMsat: "23622000",
    amountKesCents: "300000",
    orderId: "00000000-0000-4000-8000-000000000004",
    orderState: "cancelled",
    counterparty: "OTIENO K•••••",
  }),
  fixtureItem({
    id: "bought",
    kind: "buy",
    at: fixtureNow - 30.3 * hour,
    amountMsat: "23386000",
    amountKesCents: "297000",
    orderId: "00000000-0000-4000-8000-000000000005",
    orderState: "paid",
    mpesaReceipt: "SKK1P5R8TD",
  }),
  fixtureItem({
    id: "older",
    kind: "receive",
    at: fixtureNow - 400 * day,
    amountMsat: "100000000",
    amountKesCents: null,
  }),
];

export function fixtureSnapshot(change: Partial<WalletSnapshot> = {}): WalletSnapshot {
  return {
    phase: "ready",
    failure: null,
    network: "regtest",
    nodeId,
    connection: { api: "online", node: "connected", since: fixtureNow - hour },
    backup: { state: "current", since: fixtureNow - minute, withoutBackupUntil: null },
    watchtower: { state: "current", since: fixtureNow - minute },
    balance: {
      spendableMsat: "144039000",
      totalMsat: "145039000",
      receivableMsat: "80000000",
      onChainSat: "0",
      pendingMsat: "0",
      at: fixtureNow - 10_000,
    },
    rate: { kesCentsPerBtc: "1270000000", at: fixtureNow - 20_000 },
    moving: [],
    recent: fixtureHistory.slice(0, 5),
    olderState: null,
    clockAheadMs: 0,
    nothingRestored: false,
    operator: { paused: false },
    ...change,
  };
}

export const movingBuy = fixtureItem({
  id: "moving",
  kind: "buy",
  state: "moving",
  at: fixtureNow - 30_000,
  amountMsat: "15575000",
  amountKesCents: "200000",
  orderId: "00000000-0000-4000-8000-000000000001",
  orderState: "stk_requested",
  deadlineAt: fixtureNow + 102_000,
});

export function fixtureOrder(change: Partial<Order> = {}): Order {
  const kind = change.kind ?? "buy";
  return {
    id: "00000000-0000-4000-8000-000000000001",
    kind,
    state: "stk_requested",
    final: false,
    quoteId: "00000000-0000-4000-8000-0000000000aa",
    amountKesCents: kind === "buy" ? "200000" : "300000",
    amountMsat: kind === "buy" ? "15575000" : "24094000",
    rateKesPerBtc: rate,
    fees: fixtureQuote({ kind }).fees,
    msisdn: "2547•••••408",
    recipientName: kind === "buy" ? null : "WANJIKU M•••••",
    invoice: null,
    paymentHash: hash("2e"),
    invoiceExpiresAt: null,
    mpesaReceipt: null,
    reason: null,
    actions: [],
    priceUntil: "2026-11-23T09:17:00.000Z",
    offer: null,
    createdAt: new Date(fixtureNow - minute).toISOString(),
    updatedAt: new Date(fixtureNow).toISOString(),
    deadlineAt: new Date(fixtureNow + 102_000).toISOString(),
    ...change,
  };
}

export function fixtureQuote(change: Partial<Quote> = {}): Quote {
  const kind = change.kind ?? "buy";
  const buys = kind === "buy";
  return {
    id: "00000000-0000-4000-8000-0000000000aa",
    kind,
    amountKesCents: buys ? "200000" : "300000",
    amountMsat: buys ? "15575000" : "24094000",
    rateKesPerBtc: rate,
    fees: buys
      ? [
          { code: "spread", amountKesCents: "2000", amountMsat: "157480" },
          { code: "routing", amountKesCents: "200", amountMsat: "15748" },
        ]
      : [
          { code: "spread", amountKesCents: "4500", amountMsat: "354330" },
          { code: "mpesa", amountKesCents: "1500", amountMsat: "118110" },
        ],
    customerMpesaFeeKesCents: "0",
    recipient: buys ? null : { msisdn: "2547•••••408", name: "WANJIKU M•••••" },
    createdAt: new Date(fixtureNow - 13_000).toISOString(),
    expiresAt: new Date(fixtureNow + 47_000).toISOString(),
    ...change,
  };
}

export const fixtureEmail = "help@pesa.example";

const limits = {
  minimumKesCents: "5000",
  maximumKesCents: "15000000",
  dailyMaximumKesCents: "50000000",
};
const tariff = { effectiveFrom: "2024-01-01T00:00:00.000Z", source: "fixture", bands: [] };
const info: Info = {
  network: "regtest",
  node: null,
  rate: { kesPerBtc: rate, asOf: new Date(fixtureNow).toISOString(), sources: 3 },
  limits: { buy: limits, sell: limits },
  tariffs: { mpesaPayBill: tariff, mpesaB2c: tariff },
  support: { phone: "+254700000000", email: fixtureEmail },
  time: new Date(fixtureNow).toISOString(),
};

export function fixtureInvoice(change: Partial<InvoiceView> = {}): InvoiceView {
  return {
    invoice: invoiceText,
    network: "regtest",
    paymentHash: hash("3d"),
    amountMsat: "945000",
    description: "Chapati 2 na chai",
    payee: `03${hash("cd")}`,
    createdAt: fixtureNow - minute,
    expiresAt: fixtureNow + 14 * minute,
    own: false,
    ...change,
  };
}

export function fixturePayment(change: Partial<PaymentView> = {}): PaymentView {
  return {
    paymentHash: hash("3d"),
    direction: "outbound",
    state: "moving",
    nodeState: "inFlight",
    amountMsat: "945000",
    feeMsat: null,
    maxFeeMsat: "10000",
    description: "Chapati 2 na chai",
    payee: `03${hash("cd")}`,
    failure: null,
    createdAt: fixtureNow - 5_000,
    finishedAt: null,
    expiresAt: fixtureNow + 14 * minute,
    ...change,
  };
}

const codeHash = hash("4c");

export function fixtureCode(change: Partial<ReceiveInvoice> = {}): ReceiveInvoice {
  return {
    invoice: invoiceText,
    paymentHash: codeHash,
    amountMsat: null,
    openingFeeMsat: "0",
    expiresAt: fixtureNow + 15 * minute - 2_000,
    uri: `lightning:${invoiceText}`,
    ...change,
  };
}

type Answers = {
  readonly [Name in keyof WalletCalls]?: (
    params: WalletCalls[Name]["params"],
  ) => Result<WalletCalls[Name]["value"]>;
};

export type FixtureOptions = {
  readonly snapshot?: Partial<WalletSnapshot>;
  readonly order?: Order;
  readonly events?: readonly { readonly state: Order["state"]; readonly at: number }[];
  readonly answers?: Answers;
  /** Calls that are never answered, to show what a screen shows while waiting. */
  readonly pending?: readonly (keyof WalletCalls)[];
};

const decoded: Decoded = {
  invoice: fixtureInvoice(),
  address: null,
  amountMsat: null,
  label: "Kibanda cha Mama Njeri",
  message: null,
};

/** A wallet client that answers as configured, without a node. */
export function fixtureWallet(options: FixtureOptions = {}): WalletClient {
  const snapshot = fixtureSnapshot(options.snapshot);
  const order = options.order ?? fixtureOrder();
  const usual: Answers = {
    info: () => ok(info),
    quote: ({ kind }) => ok(fixtureQuote({ kind })),
    buy: () => ok(order),
    sell: () => ok(order),
    order: () => ok(order),
    cancelOrder: () => ok(order),
    renewPrice: () => ok(order),
    proveNumber: () => ok(null),
    decode: () => ok(decoded),
    previewSend: ({ amountMsat }) =>
      ok({
        invoice: fixtureInvoice(),
        amountMsat: amountMsat ?? "945000",
        maxFeeMsat: "10000",
        feeMsat: null,
        totalMsat: "955000",
        spendableMsat: "144039000",
        earlier: null,
      }),
    send: () => ok(fixturePayment()),
    payment: ({ paymentHash }) =>
      ok(
        paymentHash === codeHash
          ? fixturePayment({ paymentHash, direction: "inbound", nodeState: "open" })
          : fixturePayment(),
      ),
    receive: ({ amountMsat }) => ok(fixtureCode({ amountMsat })),
    receiveTerms: () =>
      ok({
        receivableMsat: "80000000",
        minMsat: "10000000",
        maxMsat: "1000000000",
        minOpeningFeeMsat: "2500000",
        openingFeePartsPerMillion: 5_000,
      }),
    history: () => ok({ items: fixtureHistory, complete: true, nextBefore: null }),
    entry: ({ id }) => ok(detail(fixtureHistory.find((item) => item.id === id) ?? movingBuy)),
    contacts: () =>
      ok({
        own: "254712345678",
        recipients: [
          { msisdn: "254722000111", name: "JANE W*** NJERI", at: fixtureNow },
          { msisdn: "254733000222", name: null, at: fixtureNow - 60_000 },
        ],
      }),
    exportCsv: () => ok("time,kind,amount_msat\r\n"),
  };
  const answers: Answers = { ...usual, ...options.answers };
  return {
    snapshot: () => snapshot,
    subscribe: () => () => undefined,
    call: async (name, params) =>
      options.pending?.includes(name) === true
        ? new Promise(() => undefined)
        : (answers[name]?.(params) ??
          err("invalid_request", "The fixture wallet has no answer for this call.", "never")),
    followOrder: (orderId, onEvent) => {
      (options.events ?? []).forEach(({ state, at }, index) => {
        const event: OrderEvent = {
          sequence: String(index + 1),
          orderId,
          kind: order.kind,
          state,
          reason: null,
          at: new Date(at).toISOString(),
        };
        onEvent(event);
      });
      return () => undefined;
    },
    close: async () => undefined,
  };
}

function detail(item: HistoryItem): HistoryEntryDetail {
  return { item, order: null, payment: null, invoice: invoiceText, preimage };
}
