import { err, msat, ok } from "@satsconnect/money";
import type { Msat, Result } from "@satsconnect/money";
import type { LightningReport } from "../domain/facts.ts";
import { holdBlocks } from "../domain/policy.ts";
import type { Lightning } from "../app/orders/ports.ts";
import { hour, minute, second } from "./world.ts";
import type { World } from "./world.ts";

type Payment = {
  report: LightningReport;
  readonly amountMsat: Msat;
  readonly expiresAt: number;
  /** Outbound: what it may cost, until when it may be sent, and what its recipient does with it. */
  readonly maxFeeMsat?: Msat;
  readonly sendBy?: number | null;
  readonly receive?: Receive | undefined;
  /** When an outbound payment succeeded. */
  succeededAt?: number;
};

/** A recipient who holds a payment back, and then takes it or refuses it. */
export type Receive = () => Promise<"take" | "refuse">;

/** A payee can hold a payment no longer than this: the final CLTV that we accept in invoices, and the blocks on top. */
const payeeHoldBlocks = 45;

/** Refusals of a node whose release, certificates or terms differ from the caller's, while one of them is replaced. */
const rolloutCodes = [
  "grpc_unauthenticated",
  "grpc_permission_denied",
  "grpc_unimplemented",
  "idempotency_conflict",
] as const;

export type SimulatedNode = {
  readonly lightning: Lightning;
  readonly treasury: () => bigint;
  readonly height: () => number;
  /** Since when the node's view of the chain cannot be relied upon; null while it can. */
  readonly unreliableSince: () => number | null;
  readonly payment: (paymentHash: string) => LightningReport | undefined;
  /** When the node lost a payment that it held; undefined if it did not. Its payer gets the sats back from the channel. */
  readonly forgottenAt: (paymentHash: string) => number | undefined;
  /** When a payment was first held; undefined if it was not. */
  readonly heldAt: (paymentHash: string) => number | undefined;
  /** Successful outbound payments with their idempotency keys. */
  readonly paidOut: () => readonly {
    readonly key: string;
    readonly amountMsat: Msat;
    readonly feeMsat: Msat;
    readonly at: number;
  }[];
  /** A holder's wallet pays a hold invoice. Returns false if the node does not accept the payment. */
  readonly payHoldInvoice: (paymentHash: string, amountMsat: Msat) => boolean;
  /** Makes an invoice on a holder's wallet. Without `receive`, the wallet takes the payment as soon as it can. */
  readonly walletInvoice: (amountMsat: Msat, validityMs: number, receive?: Receive) => string;
  readonly readWalletInvoice: (
    invoice: string,
  ) => { paymentHash: string; amountMsat: Msat; expiresAt: number } | null;
};

/** The operator's node and the chain, with faults in the calls and events between the node and the orders. */
export function createNode(
  world: World,
  openingMsat: bigint,
  emit: (report: LightningReport) => void,
): SimulatedNode {
  const { random, scheduler, faults, trace } = world;
  const payments = new Map<string, Payment>();
  const byKey = new Map<string, string>();
  const keyOf = new Map<string, string>();
  const forgotten = new Map<string, number>();
  const heldSince = new Map<string, number>();
  const walletInvoices = new Map<
    string,
    { paymentHash: string; amountMsat: Msat; expiresAt: number; receive: Receive | undefined }
  >();
  let treasury = openingMsat;
  let height = 800_000;
  let serial = 0;
  let downUntil = 0;
  let rolloutUntil = 0;
  let unreliableUntil = 0;
  let unreliableFrom = 0;

  function mineNextBlock(): void {
    const wait = Math.max(1, Math.round(-Math.log(1 - random.next()) * 10 * minute));
    scheduler.at(scheduler.now() + wait, () => {
      height += 1;
      for (const payment of payments.values()) {
        const { report } = payment;
        if (report.direction !== "inbound") continue;
        // The node fails the payment back by itself before its channel would have to be closed.
        if (report.state === "held" && height >= report.claimDeadlineHeight) {
          change(payment, { state: "returned" });
        }
        if (report.state === "open" && scheduler.now() > payment.expiresAt) {
          change(payment, { state: "expired" });
        }
      }
      mineNextBlock();
    });
  }
  mineNextBlock();

  /** For hours at a time, the node's view of the chain is not to be relied upon. */
  function loseChain(): void {
    scheduler.at(scheduler.now() + random.between(minute, 12 * hour), () => {
      if (random.chance(faults.chainUnreliable)) {
        if (scheduler.now() >= unreliableUntil) unreliableFrom = scheduler.now();
        unreliableUntil = scheduler.now() + random.between(minute, 3 * hour);
        trace(`chain unreliable until ${unreliableUntil}`);
      }
      loseChain();
    });
  }
  if (faults.chainUnreliable > 0) loseChain();

  function newHash(): string {
    serial += 1;
    return serial.toString(16).padStart(64, "0");
  }

  function change(payment: Payment, changes: Partial<LightningReport>): void {
    const changedAt = scheduler.now();
    payment.report = { ...payment.report, ...changes, changedAt, tipHeight: height };
    const { report } = payment;
    trace(`payment ${short(report.paymentHash)} ${report.state}`);
    if (random.chance(faults.streamGap)) return;
    const wait = random.between(1, 50);
    scheduler.at(scheduler.now() + wait, () => emit(report));
    if (random.chance(faults.streamRepeat)) {
      scheduler.at(scheduler.now() + wait + random.between(0, hour), () => emit(report));
    }
  }

  /** @param mayRefuse whether a release that is starting may refuse the call. */
  async function call<Value>(
    name: string,
    work: () => Result<Value>,
    mayRefuse = false,
  ): Promise<Result<Value>> {
    if (scheduler.now() >= downUntil && random.chance(faults.engineDown)) {
      downUntil =
        scheduler.now() + random.between(second, random.pick([minute, 10 * minute, 30 * minute]));
      trace(`node down until ${downUntil}`);
    }
    if (scheduler.now() >= rolloutUntil && random.chance(faults.rollout / 4)) {
      rolloutUntil =
        scheduler.now() + random.between(second, random.pick([minute, 10 * minute, hour]));
      trace(`another release of the node starts, until ${rolloutUntil}`);
    }
    if (mayRefuse && scheduler.now() < rolloutUntil && random.chance(0.5)) {
      await scheduler.sleep(random.between(1, 20));
      const code = random.pick(rolloutCodes);
      return err(code, `${name}: refused while another release starts`, "never");
    }
    const isLost = random.chance(faults.lostRequest / 4);
    if (isLost && random.chance(0.4)) {
      // Only slow: it arrives after the caller's timeout.
      scheduler.at(scheduler.now() + random.between(9 * second, 3 * minute), () => void work());
    }
    if (scheduler.now() < downUntil || isLost) {
      await scheduler.sleep(random.between(1, 8 * second));
      return err("grpc_unavailable", `${name}: node unreachable`, "unknown");
    }
    await scheduler.sleep(random.between(1, 20));
    const result = work();
    if (random.chance(faults.lostAnswer / 4)) {
      await scheduler.sleep(8 * second);
      return err("grpc_deadline_exceeded", `${name}: answer lost`, "unknown");
    }
    await scheduler.sleep(random.between(1, 20));
    return result;
  }

  function current(paymentHash: string): Result<LightningReport> {
    const payment = payments.get(paymentHash);
    return payment === undefined
      ? err("payment_not_found", "The payment does not exist.", "never")
      : ok({ ...payment.report, tipHeight: height });
  }

  function deliverPayment(paymentHash: string): void {
    const payment = payments.get(paymentHash);
    if (payment === undefined) return;
    const offline = random.chance(faults.walletOffline);
    const wait = offline ? random.between(minute, 2 * hour) : random.between(20, 3 * second);
    // A wallet that is away is waited for, or a node on the way has the payment already and is.
    const { sendBy = null } = payment;
    const waitsToBeSent = offline && random.chance(0.5);
    scheduler.at(scheduler.now() + wait, () => {
      if (scheduler.now() > payment.expiresAt) {
        change(payment, { state: "failed", failure: "invoice_expired" });
      } else if (waitsToBeSent && sendBy !== null && scheduler.now() > sendBy) {
        change(payment, { state: "failed", failure: "recipient_offline" });
      } else if (random.chance(faults.lightningFails)) {
        const failure = random.pick(["no_route", "recipient_offline", "retries_exhausted"]);
        change(payment, { state: "failed", failure });
      } else if (payment.receive === undefined) {
        succeed(payment);
      } else {
        const timeoutHeight = height + payeeHoldBlocks;
        void payment.receive().then((answer) => {
          if (answer === "take" && height < timeoutHeight) succeed(payment);
          else change(payment, { state: "failed", failure: "recipient_rejected" });
        });
      }
    });
  }

  function succeed(payment: Payment): void {
    // Some routes cost as much as the caller allows.
    const { maxFeeMsat = 0n } = payment;
    const usual = BigInt(random.between(0, 3)) * 1_000n;
    const fee = random.chance(0.1) || usual > maxFeeMsat ? maxFeeMsat : usual;
    treasury -= payment.amountMsat + fee;
    payment.succeededAt = scheduler.now();
    change(payment, { state: "succeeded", feeMsat: msat(fee) });
  }

  const lightning: Lightning = {
    newHoldInvoice: ({ orderId, amountMsat, expirySeconds }) =>
      call(
        `invoice ${orderId}`,
        () => {
          const known = byKey.get(`order:${orderId}:invoice`);
          const paymentHash = known ?? newHash();
          const payment = payments.get(paymentHash) ?? {
            amountMsat,
            expiresAt: scheduler.now() + expirySeconds * second,
            report: blank(paymentHash, "inbound", "open"),
          };
          byKey.set(`order:${orderId}:invoice`, paymentHash);
          payments.set(paymentHash, payment);
          return ok({
            invoice: `held-${paymentHash}`,
            paymentHash,
            invoiceExpiresAt: payment.expiresAt,
          });
        },
        true,
      ),
    pay: ({ idempotencyKey, invoice, amountMsat, maxFeeMsat, sendBy }) =>
      call(
        `pay ${idempotencyKey}`,
        () => {
          const known = byKey.get(idempotencyKey);
          if (known !== undefined) return current(known);
          const decoded = walletInvoices.get(invoice);
          if (decoded === undefined || decoded.amountMsat !== amountMsat) {
            return err("invoice_refused", "The node refuses the invoice.", "never");
          }
          const { paymentHash, expiresAt, receive } = decoded;
          if (expiresAt < scheduler.now()) {
            return err("invoice_expired", "The invoice has expired.", "never");
          }
          byKey.set(idempotencyKey, paymentHash);
          keyOf.set(paymentHash, idempotencyKey);
          payments.set(paymentHash, {
            amountMsat,
            expiresAt,
            maxFeeMsat,
            sendBy,
            receive,
            report: blank(paymentHash, "outbound", "in_flight"),
          });
          deliverPayment(paymentHash);
          return current(paymentHash);
        },
        true,
      ),
    claim: ({ paymentHash }) =>
      call(
        `claim ${short(paymentHash)}`,
        () => {
          const payment = payments.get(paymentHash);
          if (payment === undefined) return current(paymentHash);
          if (payment.report.state === "held") {
            payment.report = { ...payment.report, state: "claiming", tipHeight: height };
            scheduler.at(scheduler.now() + random.between(1, 2 * second), () => {
              treasury += payment.report.receivedMsat;
              change(payment, { state: "succeeded" });
            });
            return current(paymentHash);
          }
          if (payment.report.state === "claiming" || payment.report.state === "succeeded") {
            return current(paymentHash);
          }
          return err("payment_not_held", "The payment is not held.", "never");
        },
        true,
      ),
    failPayment: ({ paymentHash }) =>
      call(
        `fail ${short(paymentHash)}`,
        () => {
          const payment = payments.get(paymentHash);
          if (payment?.report.state === "held") change(payment, { state: "returned" });
          if (payment?.report.state === "open") change(payment, { state: "expired" });
          const state = payment?.report.state;
          return state === "returned" || state === "expired"
            ? current(paymentHash)
            : err("payment_not_held", "The payment is not held.", "never");
        },
        true,
      ),
    status: (paymentHash) =>
      call<LightningReport | null>(
        `status ${short(paymentHash)}`,
        () => (payments.has(paymentHash) ? current(paymentHash) : ok(null)),
        true,
      ),
    estimateChannelOpen: async () => {
      const needed = random.chance(0.4);
      return ok({
        needed,
        feeMsat: msat(needed ? 50_000n : 0n),
        minAmountMsat: msat(needed ? 100_000n : 0n),
      });
    },
    checkPayment: async () => ok(undefined),
    tip: () =>
      call("tip", () => ok({ height, reliable: scheduler.now() >= unreliableUntil }), true),
    spendableMsat: async () => ok(msat(treasury > 0n ? treasury : 0n)),
  };

  function blank(
    paymentHash: string,
    direction: LightningReport["direction"],
    state: LightningReport["state"],
  ): LightningReport {
    return {
      paymentHash,
      direction,
      state,
      receivedMsat: msat(0n),
      feeMsat: msat(0n),
      failure: null,
      claimDeadlineHeight: 0,
      tipHeight: height,
    };
  }

  return {
    lightning,
    treasury: () => treasury,
    height: () => height,
    unreliableSince: () => (scheduler.now() < unreliableUntil ? unreliableFrom : null),
    payment: (paymentHash) => payments.get(paymentHash)?.report,
    paidOut: () =>
      [...payments.values()].flatMap(({ report, amountMsat, succeededAt: at = 0 }) => {
        const { paymentHash, direction, state, feeMsat } = report;
        return direction === "outbound" && state === "succeeded"
          ? [{ key: keyOf.get(paymentHash) ?? "", amountMsat, feeMsat, at }]
          : [];
      }),
    heldAt: (paymentHash) => heldSince.get(paymentHash),
    forgottenAt: (paymentHash) => forgotten.get(paymentHash),
    payHoldInvoice: (paymentHash, amountMsat) => {
      const payment = payments.get(paymentHash);
      // Like LDK, the node still accepts a payment shortly after the invoice expires.
      if (payment?.report.state !== "open") return false;
      if (amountMsat < payment.amountMsat && random.chance(0.9)) return false;
      const hold = random.chance(faults.holderMisbehaves / 4) ? 60 : holdBlocks.total;
      heldSince.set(paymentHash, scheduler.now());
      change(payment, {
        state: "held",
        receivedMsat: amountMsat,
        claimDeadlineHeight: height + hold + random.between(0, 6),
      });
      if (random.chance(faults.engineForgets)) {
        scheduler.at(scheduler.now() + random.between(0, random.pick([minute, hour])), () => {
          if (payment.report.state !== "held") return;
          trace(`node forgets payment ${short(paymentHash)}`);
          payments.delete(paymentHash);
          forgotten.set(paymentHash, scheduler.now());
        });
      }
      return true;
    },
    walletInvoice: (amountMsat, validityMs, receive) => {
      const paymentHash = newHash();
      const invoice = `wallet-${paymentHash}`;
      walletInvoices.set(invoice, {
        paymentHash,
        amountMsat,
        expiresAt: scheduler.now() + validityMs,
        receive,
      });
      return invoice;
    },
    readWalletInvoice: (invoice) => walletInvoices.get(invoice) ?? null,
  };
}

function short(paymentHash: string): string {
  return paymentHash.slice(-4);
}
