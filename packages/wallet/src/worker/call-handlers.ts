import { decodeInvoice } from "@satsconnect/lightning";
import type { LightningCore, Payment } from "@satsconnect/lightning";
import { err, msat, ok, parseMsat, parseSat } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import type { Order, Quote, QuoteRequest } from "@satsconnect/contracts";
import type {
  HistoryEntryDetail,
  HistoryItem,
  LogLine,
  PaymentView,
  ReceiveTerms,
  WalletCall,
  WalletCalls,
} from "../port/calls.ts";
import { asBoolean, asInteger, asOneOf, asOptional, asRecord, asText } from "../port/check.ts";
import { Malformed } from "../port/value.ts";
import type { PortRecord } from "../port/value.ts";
import { minOnChainReceiveMsat, sendPolicy } from "../policy.ts";
import type { Wallet } from "../wallet.ts";
import { toCsv } from "./history-csv.ts";
import { mayClose } from "./leave.ts";
import type { Leave } from "./leave.ts";
import { nodeView } from "./node-view.ts";
import type { OlderState } from "./older-state.ts";
import type { OrderCache } from "./order-cache.ts";
import { parsePaymentText } from "../payments/payment-text.ts";
import type { PaymentList } from "./payment-list.ts";
import type { SendQueue } from "./send-queue.ts";
import { plainText } from "./plain-text.ts";
import { historyList, invoiceView, matchesSearch, paymentView } from "./views.ts";

/** The parts of an open wallet that the call handlers use. */
export type CallContext = {
  readonly core: LightningCore;
  readonly wallet: Wallet;
  readonly orders: OrderCache;
  readonly payments: PaymentList;
  readonly leave: Leave;
  readonly olderState: OlderState;
  readonly queue: SendQueue;
  readonly logs: () => readonly LogLine[];
  readonly now: () => number;
  readonly newId: () => string;
  /** Runs work on orders one at a time, so that two runs never interleave their steps. */
  readonly runExclusive: <Value>(work: () => Promise<Value>) => Promise<Value>;
  /** Waits for `delayMs`; less if the wallet is closed. */
  readonly pause: (delayMs: number) => Promise<void>;
};

/** All calls except those that the client or the worker itself answers. */
type HandledCall = Exclude<WalletCall, "takeOver" | "retry" | "info">;
type Handlers = {
  readonly [Name in HandledCall]: (
    context: CallContext,
    params: PortRecord,
  ) => Promise<Result<WalletCalls[Name]["value"]>> | Result<WalletCalls[Name]["value"]>;
};

/** How often `send` checks its payment's state. */
const pollMs = 100;
const maxMsisdnLength = 20;
const historyFilters = ["buy", "sell", "send", "receive", "moving"] as const;

const handlers: Handlers = {
  // only the shape is checked here; the API validates each field
  quote: (context, params) => context.wallet.quote(readQuoteRequest(params)),
  async buy(context, params) {
    const msisdn = asText(params["msisdn"], maxMsisdnLength);
    const order = await runOrder(context, () => context.wallet.buy(readQuote(params), msisdn));
    if (order.ok) await context.wallet.contacts.rememberOwnNumber(msisdn);
    return order;
  },
  async sell(context, params) {
    const msisdn = asText(params["msisdn"], maxMsisdnLength);
    const quote = readQuote(params);
    const order = await runOrder(context, () => context.wallet.sell(quote, msisdn));
    const name = order.ok ? order.value.recipientName : null;
    if (order.ok)
      await context.wallet.contacts.rememberRecipient({ msisdn, name, at: context.now() });
    return order;
  },
  async contacts({ wallet: { contacts } }) {
    const [own, recipients] = await Promise.all([contacts.ownNumber(), contacts.recipients()]);
    return ok({ own, recipients });
  },
  async order({ wallet, orders }, params) {
    const orderId = asText(params["orderId"], 100);
    const fetched = await wallet.api.orders.get(orderId);
    if (fetched.ok) orders.put(fetched.value);
    const known = orders.get(orderId);
    return fetched.ok || known === undefined || fetched.error.retry === "never"
      ? fetched
      : ok(known);
  },
  cancelOrder: (context, params) => {
    const orderId = asText(params["orderId"], 100);
    const idempotencyKey = `cancel:${orderId}`;
    return runOrder(context, () => context.wallet.api.orders.cancel(orderId, { idempotencyKey }));
  },
  renewPrice: (context, params) => {
    const orderId = asText(params["orderId"], 100);
    const { acceptedMsat } = params;
    const accepted = acceptedMsat === null ? null : asMsat(acceptedMsat);
    return runOrder(context, () => context.wallet.renewPrice(orderId, accepted));
  },
  async proveNumber({ wallet }, params) {
    const proof = { msisdn: asText(params["msisdn"], 20), code: asText(params["code"], 20) };
    const proven = await wallet.api.proveNumber(proof);
    return proven.ok ? ok(null) : proven;
  },
  decode({ core, wallet }, params) {
    const { node } = wallet;
    const parsed = parsePaymentText(asText(params["text"]), node.network);
    if (!parsed.ok) return parsed;
    const { invoice: text, ...rest } = parsed.value;
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
    const queued = queue.view(details.paymentHash);
    const known = payments.latest(details.paymentHash, "outbound");
    const earlier = queued ?? (known === undefined ? undefined : paymentView(known));
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
  async send(context, params) {
    const { wallet } = context;
    const { invoice, amountMsat } = sendParams(params);
    const preview = wallet.previewSend(invoice, amountMsat);
    if (!preview.ok) return preview;
    const { paymentHash } = preview.value.details;
    const allowed = await canSend(context, paymentHash, preview.value.amountMsat);
    if (!allowed.ok) return allowed;
    let ended: Result<Payment> | undefined;
    // the payment continues after this call has answered
    void wallet.sendAndWait(invoice, preview.value, sendPolicy.settleTimeoutMs).then(
      (result) => (ended = result),
      () => (ended = err("node_interrupted", "The node stopped during the payment.", "unknown")),
    );
    const until = context.now() + sendPolicy.quickAnswerMs;
    for (;;) {
      await context.pause(pollMs);
      if (ended !== undefined) return ended.ok ? ok(paymentView(ended.value)) : ended;
      if (context.now() < until) continue;
      const payment = await wallet.node.payment(paymentHash, "outbound");
      if (payment !== undefined && payment.state !== "failed") return ok(paymentView(payment));
    }
  },
  async sendLater({ wallet, queue }, params) {
    const { invoice, amountMsat } = sendParams(params);
    const preview = wallet.previewSend(invoice, amountMsat);
    return preview.ok ? queue.add(invoice, preview.value) : preview;
  },
  cancelQueuedSend: ({ queue }, params) => queue.cancel(asText(params["paymentHash"], 64)),
  async payment({ wallet, queue }, params): Promise<Result<PaymentView>> {
    const hash = asText(params["paymentHash"], 64);
    const waitMs =
      asOptional(params["waitMs"], (value) => asInteger(value, 0, sendPolicy.maxWaitMs)) ?? 0;
    const found = await wallet.node.payment(hash);
    const queued = queue.view(hash);
    if (queued !== undefined) return ok(queued);
    if (found === undefined)
      return err("payment_not_found", "This wallet has no payment with that hash.", "never");
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
      amountMsat !== null && amountMsat >= minOnChainReceiveMsat
        ? await wallet.node.newAddress()
        : null;
    return ok({
      invoice,
      paymentHash,
      amountMsat: amountMsat?.toString() ?? null,
      openingFeeMsat: openingFeeMsat.toString(),
      expiresAt: details.ok ? details.value.expiresAt : now() + expirySeconds * 1_000,
      uri:
        address?.ok === true && amountMsat !== null
          ? `bitcoin:${address.value}?amount=${toBitcoin(amountMsat)}&lightning=${invoice}`
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
      minMsat: best?.minPaymentMsat.toString() ?? null,
      maxMsat: best?.maxPaymentMsat.toString() ?? null,
      minOpeningFeeMsat: best?.minFeeMsat.toString() ?? null,
      openingFeePartsPerMillion: best?.proportionalMillionths ?? null,
    });
  },
  history(context, params) {
    const filter = asOptional(params["filter"], (value) => asOneOf(value, historyFilters));
    const search = asOptional(params["search"], (value) => asText(value, 200))?.trim() ?? "";
    const before = asOptional(params["before"], (value) => asInteger(value));
    const limit = asInteger(params["limit"], 1, 200);
    const found = historyItems(context)
      .filter((item) => before === undefined || item.at < before)
      .filter((item) => filter === undefined || matchesFilter(item, filter))
      .filter((item) => search === "" || matchesSearch(item, search));
    const last = found[limit - 1];
    // include all entries with the last one's time, because the next page starts before it
    const items = last === undefined ? found : found.filter(({ at }) => at >= last.at);
    const isLastPage = items.length === found.length;
    return ok({
      items,
      complete: context.orders.isComplete,
      nextBefore: isLastPage ? null : (items.at(-1)?.at ?? null),
    });
  },
  async entry({ wallet, payments, orders, queue }, params): Promise<Result<HistoryEntryDetail>> {
    const id = asText(params["id"], 200);
    const queued = queue.items().find((item) => item.id === id);
    if (queued !== undefined && queued.paymentHash !== null)
      return ok({
        item: queued,
        order: null,
        payment: queue.view(queued.paymentHash) ?? null,
        invoice: queue.invoiceOf(queued.paymentHash),
        preimage: null,
      });
    const found = historyList(payments.all(), orders.all(), wallet.prices).find(
      ({ item }) => item.id === id,
    );
    if (found === undefined)
      return err("entry_not_found", "The history has no entry with that id.", "never");
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
  exportCsv: (context) => ok(toCsv(historyItems(context))),
  node: async ({ wallet, logs }) => ok(await nodeView(wallet, logs())),
  onChainAddress: ({ wallet }) => wallet.node.newAddress(),
  async sendOnChain({ wallet }, params) {
    const amount = asText(params["amountSat"], 20);
    const amountSat = amount === "all" ? ok("all" as const) : parseSat(amount);
    if (!amountSat.ok) return amountSat;
    const address = asText(params["address"], 200);
    const parsed = parsePaymentText(address, wallet.node.network);
    if (!parsed.ok) return parsed;
    if (parsed.value.address === null)
      return err("address_malformed", "Not a bitcoin address.", "never");
    const sent = await wallet.node.sendOnChain({
      address: parsed.value.address,
      amountSat: amountSat.value,
    });
    return sent.ok ? ok({ txid: sent.value.txid, feeSat: sent.value.feeSat.toString() }) : sent;
  },
  leave: async ({ leave }) => ok(await leave.view()),
  async closeChannels({ leave, olderState, wallet }, params) {
    const address = asText(params["address"], 200);
    const force = asOptional(params["force"], asBoolean) ?? false;
    const withoutBackup = asOptional(params["withoutBackup"], asBoolean) ?? false;
    if (force && !withoutBackup && olderState.isUnconfirmed) {
      const message =
        "The operator's node has not confirmed that the restored state is the newest. If it is older, closing by force loses the coins.";
      return err("restore_unconfirmed", message, "safe");
    }
    const allowed = await mayClose(wallet.backup, { force, withoutBackup });
    return allowed.ok ? leave.start(address, force) : allowed;
  },
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
      return err(
        "backup_reachable",
        "This wallet has no backup, so nothing waits for one.",
        "never",
      );
    const allowed = wallet.backup.continueWithoutBackup(until);
    return allowed.ok ? ok(null) : allowed;
  },
};

export function isHandledCall(name: string): name is HandledCall {
  return Object.hasOwn(handlers, name);
}

/** @throws Malformed for malformed parameters */
export async function handleCall(
  name: HandledCall,
  context: CallContext,
  params: PortRecord,
): Promise<Result<unknown>> {
  return handlers[name](context, params);
}

/** Payments, orders and queued sends in one list, newest first. */
export function historyItems({
  wallet,
  payments,
  orders,
  queue,
}: Pick<CallContext, "wallet" | "payments" | "orders" | "queue">): readonly HistoryItem[] {
  const queued = queue.items();
  const ids = new Set(queued.map(({ id }) => id));
  return historyList(payments.all(), orders.all(), wallet.prices)
    .map(({ item }) => item)
    .filter(({ id }) => !ids.has(id))
    .concat(queued)
    .toSorted((one, other) => other.at - one.at);
}

/** Refuses a payment that is certain to fail, before it leaves an entry in the history. */
async function canSend(
  { wallet, payments }: CallContext,
  paymentHash: string,
  amountMsat: Msat,
): Promise<Result<void>> {
  const earlier = payments.latest(paymentHash, "outbound");
  if (earlier !== undefined && earlier.state !== "failed") return ok(undefined);
  if (!(await wallet.whenConnected(sendPolicy.connectTimeoutMs)))
    return err(
      "operator_offline",
      "The operator's node cannot be reached. Nothing was sent; try again when you are online.",
      "safe",
    );
  const { sendableMsat } = await wallet.balances();
  return amountMsat <= sendableMsat
    ? ok(undefined)
    : err(
        "insufficient_funds",
        `You can send at most ${(sendableMsat / 1_000n).toString()} sat now. Nothing was sent.`,
        "never",
      );
}

/** Runs a step of an order exclusively and caches the resulting order. */
async function runOrder(
  { orders, runExclusive }: CallContext,
  work: () => Promise<Result<Order>>,
): Promise<Result<Order>> {
  const answer = await runExclusive(work);
  if (answer.ok) orders.put(answer.value);
  return answer;
}

function readQuoteRequest(params: PortRecord): QuoteRequest {
  asOneOf(params["kind"], ["buy", "sell"]);
  return params as unknown as QuoteRequest;
}

/** Checks the fields of a quote that the orders depend on; the screens pass the quote back to the worker. */
function readQuote(params: PortRecord): Quote {
  const quote = asRecord(params["quote"]);
  asOneOf(quote["kind"], ["buy", "sell"]);
  asText(quote["id"], 100);
  for (const amount of [quote["amountMsat"], quote["amountKesCents"]])
    if (!/^\d{1,20}$/u.test(asText(amount, 20))) throw new Malformed("malformed amount");
  return quote as unknown as Quote;
}

function sendParams(params: PortRecord): { readonly invoice: string; readonly amountMsat?: Msat } {
  const invoice = asText(params["invoice"], 10_000);
  const amountMsat = asOptional(params["amountMsat"], asMsat);
  return amountMsat === undefined ? { invoice } : { invoice, amountMsat };
}

function asMsat(value: Parameters<typeof asText>[0]): Msat {
  const amount = parseMsat(asText(value, 20));
  if (!amount.ok) throw new Malformed("malformed amount");
  return msat(amount.value);
}

function matchesFilter(item: HistoryItem, filter: HistoryItem["kind"] | "moving"): boolean {
  return filter === "moving" ? item.state === "moving" : item.kind === filter;
}

/** The amount as decimal bitcoin, for BIP 21, rounded up to whole sats. */
function toBitcoin(amount: Msat): string {
  const sats = ((amount + 999n) / 1_000n).toString().padStart(9, "0");
  const decimals = sats.slice(-8).replace(/0+$/u, "");
  return decimals === "" ? sats.slice(0, -8) : `${sats.slice(0, -8)}.${decimals}`;
}
