import { decodeInvoice } from "@satsconnect/lightning";
import type { LightningCore, Payment } from "@satsconnect/lightning";
import { err, msat, ok, parseMsat, parseSat } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import type { Order, Quote, QuoteRequest } from "@satsconnect/contracts";
import type {
  HistoryEntryDetail,
  HistoryItem,
  LogLine,
  NodeView,
  PaymentView,
  ReceiveTerms,
  WalletCall,
  WalletCalls,
} from "../port/calls.ts";
import { asBoolean, asInteger, asOneOf, asOptional, asRecord, asText } from "../port/check.ts";
import { Malformed } from "../port/value.ts";
import type { PortRecord } from "../port/value.ts";
import type { Wallet } from "../wallet.ts";
import { toCsv } from "./history-csv.ts";
import type { Leave } from "./leave.ts";
import type { OrderBook } from "./order-cache.ts";
import { readPayText } from "./payment-text.ts";
import type { PaymentList } from "./payment-list.ts";
import type { SendQueue } from "./send-queue.ts";
import { plainText } from "./plain-text.ts";
import { historyList, invoiceView, isFound, paymentView } from "./views.ts";

/** What an open wallet answers with. */
export type OpenHome = {
  readonly core: LightningCore;
  readonly wallet: Wallet;
  readonly orders: OrderBook;
  readonly payments: PaymentList;
  readonly leave: Leave;
  readonly queue: SendQueue;
  readonly logs: () => readonly LogLine[];
  readonly now: () => number;
  readonly newId: () => string;
  /** One flow of orders at a time: none must cross another's steps. */
  readonly inTurn: <Value>(work: () => Promise<Value>) => Promise<Value>;
  /** Waits, for that long at most. */
  readonly pause: (delayMs: number) => Promise<void>;
};

/** Calls that the client answers itself. */
type Answered = Exclude<WalletCall, "takeOver" | "retry" | "info">;
type Answers = {
  readonly [Name in Answered]: (
    home: OpenHome,
    params: PortRecord,
  ) => Promise<Result<WalletCalls[Name]["value"]>> | Result<WalletCalls[Name]["value"]>;
};

/** Payments go on by themselves: this is only how long a call waits for a quick end. */
const quickMs = 2_500;
const connectMs = 8_000;
const lookMs = 100;
const longestWaitMs = 60_000;
/** Below this, what a coin costs to spend is too much of it. */
const leastOnChainMsat = 25_000_000n;
const msisdnLength = 20;
const historyFilters = ["buy", "sell", "send", "receive", "moving"] as const;

const answers: Answers = {
  // the API checks what it is given, field by field: here only what it is made of
  quote: (home, params) => home.wallet.quote(quoteRequest(params)),
  async buy(home, params) {
    const msisdn = asText(params["msisdn"], msisdnLength);
    const order = await keeping(home, () => home.wallet.buy(quoteIn(params), msisdn));
    if (order.ok) await home.wallet.people.paidWith(msisdn);
    return order;
  },
  async sell(home, params) {
    const msisdn = asText(params["msisdn"], msisdnLength);
    const quote = quoteIn(params);
    const order = await keeping(home, () => home.wallet.sell(quote, msisdn));
    const name = order.ok ? order.value.recipientName : null;
    if (order.ok) await home.wallet.people.paidOutTo({ msisdn, name, at: home.now() });
    return order;
  },
  async people({ wallet: { people } }) {
    const [own, recipients] = await Promise.all([people.own(), people.recipients()]);
    return ok({ own, recipients });
  },
  async order({ wallet, orders }, params) {
    const orderId = asText(params["orderId"], 100);
    const heard = await wallet.api.orders.get(orderId);
    if (heard.ok) orders.put(heard.value);
    const known = orders.get(orderId);
    return heard.ok || known === undefined || heard.error.retry === "never" ? heard : ok(known);
  },
  cancelOrder: (home, params) => {
    const orderId = asText(params["orderId"], 100);
    const idempotencyKey = `cancel:${orderId}`;
    return keeping(home, () => home.wallet.api.orders.cancel(orderId, { idempotencyKey }));
  },
  decode({ core, wallet }, params) {
    const { node } = wallet;
    const read = readPayText(asText(params["text"]), node.network);
    if (!read.ok) return read;
    const { invoice: text, ...rest } = read.value;
    const found = {
      address: rest.address,
      amountMsat: rest.amountMsat === null ? null : rest.amountMsat.toString(),
      label: rest.label === null ? null : plainText(rest.label),
      message: rest.message === null ? null : plainText(rest.message),
    };
    if (text === null) return ok({ invoice: null, ...found });
    const details = decodeInvoice(core.decode, text);
    if (!details.ok) return details;
    return ok({ invoice: invoiceView(text, details.value, node), ...found });
  },
  async previewSend({ wallet, payments, queue }, params) {
    const { invoice, amountMsat } = sendParams(params);
    const preview = wallet.previewSend(invoice, amountMsat);
    if (!preview.ok) return preview;
    const { details, maxFeeMsat } = preview.value;
    const [route, balances] = await Promise.all([
      wallet.node.estimateRoute(invoice, preview.value.amountMsat),
      wallet.balances(),
    ]);
    const feeMsat = route.ok && route.value !== null ? route.value.feeMsat : null;
    const waiting = queue.view(details.paymentHash);
    const known = payments.latest(details.paymentHash, "outbound");
    const earlier = waiting ?? (known === undefined ? undefined : paymentView(known));
    return ok({
      invoice: invoiceView(invoice, details, wallet.node),
      amountMsat: preview.value.amountMsat.toString(),
      maxFeeMsat: maxFeeMsat.toString(),
      feeMsat: feeMsat?.toString() ?? null,
      totalMsat: (preview.value.amountMsat + (feeMsat ?? maxFeeMsat)).toString(),
      spendableMsat: balances.sendableMsat.toString(),
      earlier: earlier ?? null,
    });
  },
  async send(home, params) {
    const { wallet } = home;
    const { invoice, amountMsat } = sendParams(params);
    const preview = wallet.previewSend(invoice, amountMsat);
    if (!preview.ok) return preview;
    const { paymentHash } = preview.value.details;
    const can = await canSend(home, paymentHash, preview.value.amountMsat);
    if (!can.ok) return can;
    let ended: Result<Payment> | undefined;
    // goes on by itself, however soon this is answered
    void wallet.sendAndWait(invoice, preview.value, longestWaitMs).then(
      (result) => (ended = result),
      () => (ended = err("node_interrupted", "The node stopped meanwhile.", "unknown")),
    );
    const until = home.now() + quickMs;
    for (;;) {
      await home.pause(lookMs);
      if (ended !== undefined) return ended.ok ? ok(paymentView(ended.value)) : ended;
      if (home.now() < until) continue;
      const payment = await wallet.node.payment(paymentHash, "outbound");
      if (payment !== undefined && payment.state !== "failed") return ok(paymentView(payment));
    }
  },
  async sendLater({ wallet, queue }, params) {
    const { invoice, amountMsat } = sendParams(params);
    const preview = wallet.previewSend(invoice, amountMsat);
    return preview.ok ? queue.add(invoice, preview.value) : preview;
  },
  takeBack: ({ queue }, params) => queue.takeBack(asText(params["paymentHash"], 64)),
  async payment({ wallet, queue }, params): Promise<Result<PaymentView>> {
    const hash = asText(params["paymentHash"], 64);
    const waitMs = asOptional(params["waitMs"], (value) => asInteger(value, 0, longestWaitMs)) ?? 0;
    const found = await wallet.node.payment(hash);
    const waiting = queue.view(hash);
    if (waiting !== undefined) return ok(waiting);
    if (found === undefined) return err("payment_not_found", "There is no such payment.", "never");
    const payment =
      waitMs === 0 ? found : ((await wallet.settled(hash, found.direction, waitMs)) ?? found);
    return ok(paymentView(payment));
  },
  async receive({ wallet, newId, now }, params) {
    const amountMsat = asOptional(params["amountMsat"], asMsat) ?? null;
    const description = asText(params["description"], 600);
    const expirySeconds = asInteger(params["expirySeconds"], 60, 31_536_000);
    const idempotencyKey = newId();
    const request = { amountMsat, description, expirySeconds, idempotencyKey };
    const made = await wallet.receive(request);
    if (!made.ok) return made;
    const { invoice, paymentHash, openingFeeMsat } = made.value;
    const details = wallet.node.decodeInvoice(invoice);
    const address =
      amountMsat !== null && amountMsat >= leastOnChainMsat ? await wallet.node.newAddress() : null;
    return ok({
      invoice,
      paymentHash,
      amountMsat: amountMsat?.toString() ?? null,
      openingFeeMsat: openingFeeMsat.toString(),
      expiresAt: details.ok ? details.value.expiresAt : now() + expirySeconds * 1_000,
      uri:
        address?.ok === true && amountMsat !== null
          ? `bitcoin:${address.value}?amount=${inBitcoin(amountMsat)}&lightning=${invoice}`
          : `lightning:${invoice}`,
    });
  },
  async receiveTerms({ wallet }): Promise<Result<ReceiveTerms>> {
    const [balances, terms] = await Promise.all([
      wallet.balances(),
      wallet.node.openingTerms(wallet.operator.nodeId),
    ]);
    const receivableMsat = balances.receivableMsat.toString();
    const [best] = terms.ok ? terms.value : [];
    return ok({
      receivableMsat,
      minimumMsat: best?.minPaymentMsat.toString() ?? null,
      maximumMsat: best?.maxPaymentMsat.toString() ?? null,
      openingFeeMinimumMsat: best?.minFeeMsat.toString() ?? null,
      openingFeePartsPerMillion: best?.proportionalMillionths ?? null,
    });
  },
  history(home, params) {
    const filter = asOptional(params["filter"], (value) => asOneOf(value, historyFilters));
    const search = asOptional(params["search"], (value) => asText(value, 200))?.trim() ?? "";
    const before = asOptional(params["before"], (value) => asInteger(value));
    const limit = asInteger(params["limit"], 1, 200);
    const found = historyItems(home)
      .filter((item) => before === undefined || item.at < before)
      .filter((item) => filter === undefined || fits(item, filter))
      .filter((item) => search === "" || isFound(item, search));
    const last = found[limit - 1];
    // what happened in one moment stays together: the next page begins before it
    const items = last === undefined ? found : found.filter(({ at }) => at >= last.at);
    const isAll = items.length === found.length;
    return ok({
      items,
      complete: home.orders.isComplete,
      nextBefore: isAll ? null : (items.at(-1)?.at ?? null),
    });
  },
  async entry({ wallet, payments, orders, queue }, params): Promise<Result<HistoryEntryDetail>> {
    const id = asText(params["id"], 200);
    const waiting = queue.items().find((item) => item.id === id);
    if (waiting !== undefined && waiting.paymentHash !== null)
      return ok({
        item: waiting,
        order: null,
        payment: queue.view(waiting.paymentHash) ?? null,
        invoice: queue.invoiceOf(waiting.paymentHash),
        preimage: null,
      });
    const found = historyList(payments.all(), orders.all(), wallet.prices).find(
      ({ item }) => item.id === id,
    );
    if (found === undefined) return err("entry_not_found", "There is no such entry.", "never");
    const { order, payment } = found.entry;
    const preimage =
      payment?.direction === "outbound" && payment.state === "succeeded"
        ? await wallet.node.proofOfPayment(payment.paymentHash)
        : undefined;
    return ok({
      item: found.item,
      order,
      payment: payment === null ? null : paymentView(payment),
      invoice: payment?.request ?? order?.invoice ?? null,
      preimage: preimage ?? null,
    });
  },
  exportCsv: (home) => ok(toCsv(historyItems(home))),
  node: async (home) => ok(await nodeView(home)),
  onChainAddress: ({ wallet }) => wallet.node.newAddress(),
  async sendOnChain({ wallet }, params) {
    const amount = asText(params["amountSat"], 20);
    const amountSat = amount === "all" ? ok("all" as const) : parseSat(amount);
    if (!amountSat.ok) return amountSat;
    const address = asText(params["address"], 200);
    const read = readPayText(address, wallet.node.network);
    if (!read.ok) return read;
    if (read.value.address === null)
      return err("address_malformed", "This is no address on the chain.", "never");
    const sent = await wallet.node.sendOnChain({
      address: read.value.address,
      amountSat: amountSat.value,
    });
    return sent.ok ? ok({ txid: sent.value.txid, feeSat: sent.value.feeSat.toString() }) : sent;
  },
  leave: async ({ leave }) => ok(await leave.view()),
  closeChannels: ({ leave }, params) =>
    leave.begin(asText(params["address"], 200), asOptional(params["force"], asBoolean) ?? false),
  async devices({ wallet }) {
    const listed = await wallet.api.session.devices();
    return listed.ok ? ok(listed.value.devices) : listed;
  },
  async revokeDevice({ wallet }, params) {
    const revoked = await wallet.api.session.revokeDevice(asText(params["deviceId"], 100));
    return revoked.ok ? ok(null) : revoked;
  },
  continueWithoutBackup({ wallet }, params) {
    const until = asInteger(params["until"]);
    if (wallet.backup === null)
      return err("backup_reachable", "This wallet keeps no backup.", "never");
    const allowed = wallet.backup.goOnWithout(until);
    return allowed.ok ? ok(null) : allowed;
  },
};

export function isAnswered(name: string): name is Answered {
  return Object.hasOwn(answers, name);
}

/** @throws Malformed for parameters that are none */
export async function answerCall(
  name: Answered,
  home: OpenHome,
  params: PortRecord,
): Promise<Result<unknown>> {
  return answers[name](home, params);
}

/** Everything in one list, newest first: what the node has, what the operator has, and what waits here for a network. */
export function historyItems({
  wallet,
  payments,
  orders,
  queue,
}: Pick<OpenHome, "wallet" | "payments" | "orders" | "queue">): readonly HistoryItem[] {
  const waiting = queue.items();
  const ids = new Set(waiting.map(({ id }) => id));
  return historyList(payments.all(), orders.all(), wallet.prices)
    .map(({ item }) => item)
    .filter(({ id }) => !ids.has(id))
    .concat(waiting)
    .toSorted((one, other) => other.at - one.at);
}

/** What would fail for certain is not begun: it says at once why, and leaves no entry. */
async function canSend(
  { wallet, payments }: OpenHome,
  paymentHash: string,
  amountMsat: Msat,
): Promise<Result<void>> {
  const earlier = payments.latest(paymentHash, "outbound");
  if (earlier !== undefined && earlier.state !== "failed") return ok(undefined);
  if (!(await wallet.whenConnected(connectMs)))
    return err(
      "operator_offline",
      "The operator's node cannot be reached now. Nothing was sent.",
      "safe",
    );
  const { sendableMsat } = await wallet.balances();
  return amountMsat <= sendableMsat
    ? ok(undefined)
    : err("insufficient_funds", "This is more than can be sent now. Nothing was sent.", "never");
}

/** Runs a flow of orders in its turn, and remembers the order that came of it. */
async function keeping(
  { orders, inTurn }: OpenHome,
  work: () => Promise<Result<Order>>,
): Promise<Result<Order>> {
  const answer = await inTurn(work);
  if (answer.ok) orders.put(answer.value);
  return answer;
}

function quoteRequest(params: PortRecord): QuoteRequest {
  asOneOf(params["kind"], ["buy", "sell"]);
  return params as unknown as QuoteRequest;
}

/** A quote that comes back from the screens: what the flows work with must be what it was. */
function quoteIn(params: PortRecord): Quote {
  const quote = asRecord(params["quote"]);
  asOneOf(quote["kind"], ["buy", "sell"]);
  asText(quote["id"], 100);
  for (const amount of [quote["amountMsat"], quote["amountKesCents"]])
    if (!/^\d{1,20}$/u.test(asText(amount, 20))) throw new Malformed("no amount");
  return quote as unknown as Quote;
}

function sendParams(params: PortRecord): { readonly invoice: string; readonly amountMsat?: Msat } {
  const invoice = asText(params["invoice"], 10_000);
  const amountMsat = asOptional(params["amountMsat"], asMsat);
  return amountMsat === undefined ? { invoice } : { invoice, amountMsat };
}

function asMsat(value: Parameters<typeof asText>[0]): Msat {
  const amount = parseMsat(asText(value, 20));
  if (!amount.ok) throw new Malformed("no amount");
  return msat(amount.value);
}

function fits(item: HistoryItem, filter: HistoryItem["kind"] | "moving"): boolean {
  return filter === "moving" ? item.state === "moving" : item.kind === filter;
}

/** BIP 21: decimal bitcoin, rounded up to whole sats. */
function inBitcoin(amount: Msat): string {
  const sats = ((amount + 999n) / 1_000n).toString().padStart(9, "0");
  const parts = sats.slice(-8).replace(/0+$/u, "");
  return parts === "" ? sats.slice(0, -8) : `${sats.slice(0, -8)}.${parts}`;
}

async function nodeView({ wallet, logs }: OpenHome): Promise<NodeView> {
  const { node, operator } = wallet;
  const [channels, balances, transactions] = await Promise.all([
    node.channels(),
    node.balances(),
    node.onChainTransactions(),
  ]);
  const { onChain } = balances;
  const claimable = balances.claimable.reduce((sum, { amountSat }) => sum + amountSat, 0n);
  const tip = node.tip();
  return {
    nodeId: node.nodeId,
    network: node.network,
    coreVersion: `${node.core.version.core} (${node.core.version.lightning})`,
    status: node.status,
    height: tip.height,
    synced: tip.synced,
    peers: node.peers().map((peer) => ({
      nodeId: peer.nodeId,
      connected: peer.connected,
      address: peer.address,
      operator: peer.nodeId === operator.nodeId,
    })),
    channels: channels.map((channel) => ({
      channelId: channel.channelId,
      peer: channel.peer,
      capacitySat: channel.capacitySat.toString(),
      balanceMsat: channel.balanceMsat.toString(),
      sendableMsat: channel.nextOutboundHtlcLimitMsat.toString(),
      receivableMsat: channel.inboundCapacityMsat.toString(),
      usable: channel.usable,
      closing: channel.closing,
      confirmations: channel.confirmations,
      fundingTxid: channel.funding?.txid ?? null,
    })),
    onChain: {
      confirmedSat: onChain.confirmedSat.toString(),
      pendingSat: (onChain.trustedPendingSat + onChain.untrustedPendingSat).toString(),
      spendableSat: onChain.spendableSat.toString(),
      claimableSat: (claimable + balances.sweepingSat + balances.closingSat).toString(),
      transactions: transactions.map((transaction) => ({
        txid: transaction.txid,
        amountSat: (transaction.receivedSat - transaction.sentSat).toString(),
        height: transaction.height,
        at: transaction.at,
      })),
    },
    logs: logs(),
  };
}
