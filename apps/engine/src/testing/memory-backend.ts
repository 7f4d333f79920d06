import { createHash, randomBytes } from "node:crypto";
import { err, msat, ok, sat } from "@satsconnect/money";
import type { Msat, Result, Sat } from "@satsconnect/money";
import type {
  Channel,
  InboundPayment,
  InvoiceDetails,
  NodeEvent,
  OnChainTransaction,
  OutboundFailure,
  OutboundPayment,
  Payment,
  Peer,
} from "@satsconnect/lightning";
import type { LightningBackend } from "../lightning/backend.ts";

/** A Lightning backend in memory, with control over its counterparties. */
export type MemoryWorld = {
  readonly backend: LightningBackend;
  /** Creates another node's invoice. */
  readonly foreignInvoice: (terms: {
    readonly amountMsat: Msat | null;
    readonly expirySeconds: number;
    readonly payee?: string;
    readonly network?: InvoiceDetails["network"];
    readonly minFinalCltvExpiryDelta?: number;
  }) => string;
  /** Pays an invoice of the backend. @returns false when the payment failed at once. */
  readonly payInvoice: (invoice: string) => boolean;
  /** Sets the outcome of later payments; `nothing` leaves them in flight. */
  readonly setPaymentOutcome: (outcome: "succeed" | "nothing" | OutboundFailure) => void;
  /** Finishes a payment that is in flight. */
  readonly settle: (paymentHash: string, outcome: "succeed" | OutboundFailure) => void;
  readonly connect: (peer: Peer) => void;
  readonly addChannel: (channel: Partial<Channel> & { readonly peer: string }) => void;
  /** The answer of `admits` from now on. */
  readonly setAdmission: (answer: Result<void>) => void;
  readonly setRunning: (running: boolean) => void;
};

const nodeId = `02${"aa".repeat(32)}`;
const otherNodeId = `03${"bb".repeat(32)}`;
const routingFee = msat(1_000n);
const tipHeight = 500;
const prefix = "lnbcrt1mem";

type New<Kind extends Payment> = Omit<Kind, "number" | "createdAt" | "updatedAt" | "finishedAt">;

export function memoryWorld(now: () => number): MemoryWorld {
  const invoices = new Map<string, InvoiceDetails>();
  const payments: Payment[] = [];
  const terms = new Map<string, { readonly terms: string; readonly number: number }>();
  const preimages = new Map<string, string>();
  const events: NodeEvent[] = [];
  const wakers = new Set<() => void>();
  const onChain: OnChainTransaction[] = [];
  const sends = new Map<string, { readonly txid: string; readonly feeSat: Sat }>();
  const channels: Channel[] = [];
  const peers: Peer[] = [];
  let nextOutcome: "succeed" | "nothing" | OutboundFailure = "succeed";
  let running = true;
  let admission: Result<void> = ok(undefined);

  function emit(payment: Payment): void {
    const sequence = events.length + 1;
    events.push({ sequence, at: now(), tipHeight, type: "payment", payment });
    for (const wake of wakers) wake();
  }
  function create<Kind extends Payment>(fields: New<Kind>): Kind {
    const times = { createdAt: now(), updatedAt: now(), finishedAt: null };
    // `Kind` is `New<Kind>` plus these fields, which TypeScript cannot derive.
    const payment = { ...fields, ...times, number: payments.length + 1 } as unknown as Kind;
    payments.push(payment);
    emit(payment);
    return payment;
  }
  function change<Kind extends Payment>(payment: Kind, fields: Partial<Kind>): Kind {
    const changed: Kind = { ...payment, ...fields, updatedAt: now() };
    payments[payment.number - 1] = changed;
    emit(changed);
    return changed;
  }
  const byHash = (hash: string): Payment | undefined =>
    payments.findLast(({ paymentHash }) => paymentHash === hash);
  const byNumber = (number: number): Payment | undefined => payments[number - 1];

  function expire(): void {
    for (const payment of payments) {
      const open = payment.direction === "inbound" && payment.state === "open";
      if (open && (payment.expiresAt ?? Infinity) <= now()) change(payment, { state: "expired" });
    }
  }

  function newInvoice(details: Omit<InvoiceDetails, "createdAt" | "hints" | "descriptionHash">) {
    const text = prefix + randomBytes(20).toString("hex");
    invoices.set(text, { ...details, createdAt: now(), hints: [], descriptionHash: null });
    return text;
  }

  function termsOf(request: readonly unknown[]): string {
    return JSON.stringify(request, (_, value: unknown) =>
      typeof value === "bigint" ? `${value}n` : value,
    );
  }
  /** The result of an earlier request with this key; undefined when the key is new. */
  function earlierUse(key: string, request: readonly unknown[]) {
    const known = terms.get(key);
    if (known === undefined) return undefined;
    return known.terms === termsOf(request)
      ? ok(byNumber(known.number))
      : err(
          "idempotency_conflict",
          "This idempotency key was already used for a different request.",
          "never",
        );
  }

  function held(paymentHash: string) {
    expire();
    const payment = byHash(paymentHash);
    return payment?.direction === "inbound"
      ? ok(payment)
      : err("payment_not_found", "No invoice of this node has this payment hash.", "never");
  }

  function finish(payment: OutboundPayment, outcome: "succeed" | OutboundFailure): void {
    change(
      payment,
      outcome === "succeed"
        ? { state: "succeeded", feeMsat: routingFee, finishedAt: now() }
        : { state: "failed", failure: outcome, finishedAt: now() },
    );
  }

  const backend: LightningBackend = {
    nodeId,
    network: "regtest",
    implementation: { core: "memory", version: "0" },
    tip: () => ({ height: tipHeight, hash: "00".repeat(32), timeMs: now(), synced: true }),
    running: () => running,
    decodeInvoice(invoice) {
      const details = invoices.get(invoice);
      return details === undefined
        ? err("invoice_malformed", "This is not a valid invoice.", "never")
        : ok(details);
    },
    async newHeldInvoice({ idempotencyKey, ...request }) {
      const requested = Object.entries(request);
      const known = earlierUse(idempotencyKey, requested);
      if (known?.ok === false) return known;
      if (known?.value?.direction === "inbound") return ok(known.value);
      const preimage = randomBytes(32);
      const paymentHash =
        request.paymentHash ?? createHash("sha256").update(preimage).digest("hex");
      if (request.paymentHash === undefined) preimages.set(paymentHash, preimage.toString("hex"));
      const expiresAt = now() + request.expirySeconds * 1_000;
      const { amountMsat, description, holdBlocks } = request;
      const invoice = newInvoice({
        network: "regtest",
        paymentHash,
        amountMsat,
        description,
        payee: nodeId,
        expiresAt,
        minFinalCltvExpiryDelta: holdBlocks + 39,
      });
      const payment = create<InboundPayment>({
        direction: "inbound",
        kind: "bolt11",
        state: "open",
        paymentHash,
        idempotencyKey,
        description,
        request: invoice,
        amountMsat,
        receivedMsat: null,
        skimmedFeeMsat: null,
        maxSkimmedFeeMsat: null,
        hold: true,
        foreignHash: request.paymentHash !== undefined,
        claimDeadlineHeight: null,
        expiresAt,
      });
      terms.set(idempotencyKey, { terms: termsOf(requested), number: payment.number });
      return ok(payment);
    },
    async pay({ idempotencyKey, invoice, maxFeeMsat }) {
      const details = invoices.get(invoice);
      if (details === undefined)
        return err("invoice_malformed", "This is not a valid invoice.", "never");
      const { paymentHash, amountMsat } = details;
      const requested = [paymentHash, amountMsat];
      const known = earlierUse(idempotencyKey, requested);
      if (known?.ok === false) return known;
      if (known?.value?.direction === "outbound") return ok(known.value);
      if (details.expiresAt <= now())
        return err("invoice_expired", "The invoice has expired.", "never");
      const earlier = payments.findLast(
        (payment) => payment.paymentHash === paymentHash && payment.direction === "outbound",
      );
      if (earlier !== undefined && earlier.state !== "failed") {
        return err("already_paid", "This invoice has been or is being paid.", "never");
      }
      const pending = create<OutboundPayment>({
        direction: "outbound",
        kind: "bolt11",
        state: "pending",
        paymentHash,
        idempotencyKey,
        description: details.description,
        paymentId: randomBytes(32).toString("hex"),
        request: invoice,
        payee: details.payee,
        amountMsat: amountMsat ?? msat(0n),
        maxFeeMsat,
        feeMsat: null,
        failure: null,
        waitingFor: null,
        expiresAt: details.expiresAt,
      });
      terms.set(idempotencyKey, { terms: termsOf(requested), number: pending.number });
      const payment = change(pending, { state: "inFlight" });
      const outcome = nextOutcome;
      if (outcome !== "nothing") queueMicrotask(() => finish(payment, outcome));
      return ok(payment);
    },
    async admits() {
      return admission;
    },
    async claimHeld(paymentHash, preimage) {
      const found = held(paymentHash);
      if (!found.ok) return found;
      const payment = found.value;
      if (payment.state === "claimed") return ok(payment);
      if (payment.state !== "held") {
        return err("payment_not_held", `The payment is ${payment.state}.`, "never");
      }
      const secret = preimage ?? preimages.get(paymentHash) ?? "";
      const fits =
        createHash("sha256").update(Buffer.from(secret, "hex")).digest("hex") === paymentHash;
      if (!fits || payment.foreignHash !== (preimage !== undefined)) {
        return err("preimage_invalid", "The preimage does not match the payment hash.", "never");
      }
      const claiming = change(payment, { state: "claiming" });
      queueMicrotask(() => change(claiming, { state: "claimed", finishedAt: now() }));
      return ok(claiming);
    },
    async failHeld(paymentHash) {
      const found = held(paymentHash);
      if (!found.ok) return found;
      const payment = found.value;
      if (payment.state === "returned" || payment.state === "returning") return ok(payment);
      if (payment.state !== "held") {
        return err("payment_not_held", `The payment is ${payment.state}.`, "never");
      }
      const returning = change(payment, { state: "returning" });
      queueMicrotask(() => change(returning, { state: "returned", finishedAt: now() }));
      return ok(returning);
    },
    async payment(paymentHash) {
      expire();
      return byHash(paymentHash);
    },
    async paymentByKey(key) {
      const known = terms.get(key);
      return known === undefined ? undefined : byNumber(known.number);
    },
    async spentSince(sinceMs) {
      return payments.reduce(
        (sum, payment) =>
          payment.direction === "outbound" &&
          payment.state !== "failed" &&
          payment.createdAt >= sinceMs
            ? sum + payment.amountMsat + (payment.feeMsat ?? payment.maxFeeMsat)
            : sum,
        0n,
      );
    },
    async *events(afterSequence, signal) {
      let next = afterSequence;
      while (!signal.aborted) {
        const event = events[next];
        if (event !== undefined) {
          next += 1;
          yield event;
          continue;
        }
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            wakers.delete(wake);
            signal.removeEventListener("abort", wake);
            resolve();
          };
          wakers.add(wake);
          signal.addEventListener("abort", wake);
          if (signal.aborted || events.length > next) wake();
        });
      }
    },
    async estimateRoute(invoice) {
      const details = invoices.get(invoice);
      if (details === undefined) return err("refused", "This is not a valid invoice.", "never");
      return ok(details.payee === otherNodeId ? { feeMsat: routingFee, cltvBlocks: 100 } : null);
    },
    peers: () => peers,
    connectPeer: async (peer, address) => {
      peers.push({ nodeId: peer, connected: true, inbound: false, address });
      return ok(undefined);
    },
    channels: async () => channels,
    openChannel: async () => ok({ channelId: "cc".repeat(32) }),
    closeChannel: async (channelId) =>
      channels.some((channel) => channel.channelId === channelId)
        ? ok(undefined)
        : err("channel_not_found", "No open channel has this id.", "never"),
    estimateChannelOpen: async (_peer, amountMsat) =>
      ok({ needed: true, feeMsat: msat(amountMsat / 250n), minPaymentMsat: msat(200_000n) }),
    pauseForwards: async () => ok(undefined),
    graphSize: async () => ({ nodes: 2, channels: 1 }),
    balances: async () => ({
      onChain: {
        confirmedSat: sat(1_000_000n),
        trustedPendingSat: sat(0n),
        untrustedPendingSat: sat(5n),
        immatureSat: sat(0n),
        inUseSat: sat(0n),
        reservedSat: sat(20_000n),
        spendableSat: sat(980_000n),
      },
      sendableMsat: msat(0n),
      receivableMsat: msat(0n),
      channelsMsat: msat(0n),
      outboundPendingMsat: msat(0n),
      inboundPendingMsat: msat(0n),
      claimable: [],
      sweepingSat: sat(0n),
      closingSat: sat(0n),
    }),
    newAddress: async () => ok("bcrt1qmemory"),
    onChainTransactions: async () => onChain,
    async sendOnChain({ idempotencyKey, address, amountSat, feeRateSatPerKwu, maxFeeSat }) {
      const known = sends.get(idempotencyKey);
      if (known !== undefined) return ok(known);
      const feeSat = sat(BigInt(Math.ceil((feeRateSatPerKwu * 561) / 1_000)));
      if (feeSat > maxFeeSat) return err("fee_too_high", "The fee is too high.", "safe");
      if (amountSat !== "all" && amountSat > 980_000n) {
        return err("insufficient_funds", `Not enough for ${address}.`, "safe");
      }
      const sent = { txid: randomBytes(32).toString("hex"), feeSat };
      sends.set(idempotencyKey, sent);
      onChain.unshift({
        ...sent,
        receivedSat: sat(0n),
        sentSat: sat(amountSat === "all" ? 980_000n : amountSat + feeSat),
        height: null,
        at: now(),
        weight: 561,
        bump: "replacement",
      });
      return ok(sent);
    },
    async bumpFee({ txid, feeRateSatPerKwu }) {
      const at = onChain.findIndex((one) => one.txid === txid);
      const original = onChain[at];
      if (original === undefined)
        return err("transaction_not_found", "There is no such transaction.", "never");
      const feeSat = sat(BigInt(Math.ceil((feeRateSatPerKwu * original.weight) / 1_000)));
      const sent = { txid: randomBytes(32).toString("hex"), feeSat };
      onChain[at] = { ...original, ...sent };
      return ok(sent);
    },
    sentOnChainSince: async () => sat(onChain.reduce((sum, { sentSat }) => sum + sentSat, 0n)),
    feeRates: () => ({
      urgent: 5_000,
      soon: 2_500,
      later: 1_250,
      someday: 500,
      floor: 253,
      estimatedAt: now(),
      stale: false,
    }),
  };

  return {
    backend,
    foreignInvoice: ({
      amountMsat,
      expirySeconds,
      payee = otherNodeId,
      network = "regtest",
      minFinalCltvExpiryDelta = 18,
    }) =>
      newInvoice({
        network,
        paymentHash: randomBytes(32).toString("hex"),
        amountMsat,
        description: "foreign",
        payee,
        expiresAt: now() + expirySeconds * 1_000,
        minFinalCltvExpiryDelta,
      }),
    payInvoice(invoice) {
      expire();
      const payment = byHash(invoices.get(invoice)?.paymentHash ?? "");
      if (payment?.direction !== "inbound" || payment.state !== "open") return false;
      const { amountMsat } = payment;
      const delta = invoices.get(invoice)?.minFinalCltvExpiryDelta ?? 0;
      change(payment, {
        state: "held",
        receivedMsat: amountMsat,
        skimmedFeeMsat: msat(0n),
        claimDeadlineHeight: tipHeight + delta - 39,
      });
      return true;
    },
    setPaymentOutcome(outcome) {
      nextOutcome = outcome;
    },
    settle(paymentHash, outcome) {
      const payment = byHash(paymentHash);
      if (payment?.direction !== "outbound") throw new Error("no such payment");
      finish(payment, outcome);
    },
    connect: (peer) => void peers.push(peer),
    addChannel: (channel) =>
      void channels.push({
        channelId: randomBytes(32).toString("hex"),
        userChannelId: "1",
        funding: null,
        scid: null,
        capacitySat: sat(200_000n),
        balanceMsat: msat(0n),
        outboundCapacityMsat: msat(0n),
        inboundCapacityMsat: msat(0n),
        nextOutboundHtlcLimitMsat: msat(0n),
        reserveSat: null,
        outbound: true,
        announced: false,
        ready: true,
        usable: true,
        closing: false,
        forceCloseDelayBlocks: 144,
        confirmations: null,
        pendingHtlcs: 0,
        pendingInboundMsat: msat(0n),
        pendingOutboundMsat: msat(0n),
        ...channel,
      }),
    setAdmission(answer) {
      admission = answer;
    },
    setRunning(value) {
      running = value;
    },
  };
}
