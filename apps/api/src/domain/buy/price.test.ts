import { fiat, msat, rate } from "@satsconnect/money";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "../decide.ts";
import type { CurrentPrice, Fact, LightningReport } from "../facts.ts";
import type { BuyOrder } from "../order.ts";
import { orderTimes } from "../policy.ts";
import { buyTerms } from "../quote.ts";
import { sampleBuy, sampleTime } from "../samples.ts";

const spread = 15_000n;
const quoted = rate("KES", 1_000_000_000n);
const quoteEnd = sampleTime + 90_000;
const deadlineAt = sampleTime + 86_400_000;

function termsAt(kes: bigint, channelFee = 0n) {
  const terms = buyTerms(
    { amountKesCents: fiat("KES", kes * 100n), amountMsat: null },
    { rate: quoted, spreadPartsPerMillion: spread },
    msat(channelFee),
  );
  if (!terms.ok) throw new Error(terms.error.code);
  return terms.value;
}

function buyIn(state: BuyOrder["state"], more: Partial<BuyOrder> = {}): BuyOrder {
  const sample = sampleBuy({ orderId: "o", quoteId: "q", walletId: "w", tag: "1" });
  const terms = more.terms ?? termsAt(1_000n);
  return {
    ...sample,
    state,
    credit: "undelivered",
    terms,
    lightning: {
      ...sample.lightning,
      amountMsat: terms.amountMsat,
      invoiceExpiresAt: deadlineAt,
    },
    payout: { ...sample.payout, amountKesCents: terms.amountKesCents },
    priceUntil: quoteEnd,
    deadlineAt,
    wakeAt: deadlineAt,
    ...more,
  };
}

/** A price this many parts per million above the quoted one. */
function priceMoved(partsPerMillion: bigint): CurrentPrice {
  return {
    rate: rate("KES", (quoted.minorUnits * (1_000_000n + partsPerMillion)) / 1_000_000n),
    spreadPartsPerMillion: spread,
    validForMs: 90_000,
  };
}

const woken: Fact = { type: "woken" };
const priced = (price: CurrentPrice): Fact => ({
  type: "priced",
  answer: { ok: true, value: price },
});
const attached = (amountMsat: bigint): Fact => ({
  type: "invoice_attached",
  invoice: "lnbcrt1fresh",
  paymentHash: "fresh",
  amountMsat: msat(amountMsat),
  invoiceExpiresAt: deadlineAt,
});

function step(order: BuyOrder, fact: Fact, now: number) {
  const decision = decide(order, fact, now);
  if (decision === null) return null;
  const next = decision.next as BuyOrder;
  return { ...decision, next, types: decision.effects.map(({ type }) => type) };
}

describe("the price of a buy", () => {
  test("is the quote's while enough of the quote is left", () => {
    const at = quoteEnd - orderTimes.priceMarginMs;
    const paid = step(buyIn("kes_received"), woken, at);
    expect(paid).toMatchObject({ next: { state: "paying", priceUntil: quoteEnd } });
    expect(paid?.types).toEqual(["pay_invoice"]);
  });

  test("14: is checked again when the shillings are confirmed after the quote's end", () => {
    for (const at of [
      quoteEnd - orderTimes.priceMarginMs + 1,
      quoteEnd,
      quoteEnd + 6 * 3_600_000,
    ]) {
      const checked = step(buyIn("kes_received"), woken, at);
      expect(checked?.next.state).toBe("kes_received");
      expect(checked?.types).toEqual(["fetch_price"]);
    }
  });

  test("7: a buy is not delivered at its old price once the price has risen beyond the spread", () => {
    const order = buyIn("kes_received");
    const now = quoteEnd + 1;
    const offered = step(order, priced(priceMoved(20_000n)), now);
    expect(offered).toMatchObject({ next: { state: "invoice_needed", reason: "price_changed" } });
    expect(offered?.types).toEqual([]);
    const offer = offered?.next.offer;
    expect(offer?.terms.amountKesCents).toBe(order.terms.amountKesCents);
    expect(offer?.terms.amountMsat).toBeLessThan(order.terms.amountMsat);
    expect(offer?.expiresAt).toBe(now + 90_000);
  });

  test("a buy is delivered as promised while the operator does not lose by it", () => {
    for (const move of [-300_000n, 0n, 14_000n]) {
      const now = quoteEnd + 3_600_000;
      const paid = step(buyIn("kes_received"), priced(priceMoved(move)), now);
      expect(paid).toMatchObject({
        next: { state: "paying", priceUntil: now + orderTimes.checkedPriceMs },
      });
    }
  });

  test("whatever the price does, no sats leave that are worth more than what was paid", () => {
    fc.assert(
      fc.property(
        fc.bigInt(100n, 200_000n),
        fc.bigInt(0n, 3_000_000n),
        fc.bigInt(-500_000n, 500_000n),
        fc.nat(12 * 3_600_000),
        (kes, channelFee, move, later) => {
          const terms = termsAt(kes + 500n, channelFee);
          const order = buyIn("kes_received", { terms });
          const now = quoteEnd + later;
          const price = priceMoved(move);
          const decided = step(order, priced(price), now);
          if (decided === null) throw new Error("no decision");
          const delivered =
            decided.next.state === "paying"
              ? decided.next.lightning.amountMsat
              : (decided.next.offer?.terms.amountMsat ?? 0n);
          // cents × 10^11 msat per bitcoin ÷ cents per bitcoin
          const paidMsat =
            (terms.amountKesCents * 100_000_000_000n * price.rate.btc) / price.rate.minorUnits;
          expect(delivered + channelFee).toBeLessThanOrEqual(paidMsat);
        },
      ),
    );
  });

  test("without a price, the buy waits for the holder", () => {
    const answer = { ok: false, code: "rates_unavailable", retry: "safe" } as const;
    const waits = step(buyIn("kes_received"), { type: "priced", answer }, quoteEnd + 1);
    expect(waits).toMatchObject({
      next: { state: "invoice_needed", reason: "rates_unavailable", offer: null },
    });
  });

  test("7: an invoice for the promised sats is refused after the price has ended, and one for the offer is paid", () => {
    const order = buyIn("invoice_needed", { reason: "recipient_rejected" });
    const promised = order.terms.amountMsat;
    expect(step(order, attached(promised), quoteEnd - 1)?.next.state).toBe("paying");
    expect(step(order, attached(promised), quoteEnd)).toBeNull();

    const now = quoteEnd + 3_600_000;
    expect(step(order, { type: "price_requested" }, now)?.types).toEqual(["fetch_price"]);
    const offered = step(order, priced(priceMoved(50_000n)), now)?.next;
    const offer = offered?.offer ?? null;
    if (offered === undefined || offer === null) throw new Error("no offer");
    expect(offered.state).toBe("invoice_needed");
    expect(step(offered, attached(promised), now + 1)).toBeNull();
    expect(step(offered, attached(offer.terms.amountMsat + 1n), now + 1)).toBeNull();
    const accepted = step(offered, attached(offer.terms.amountMsat), now + 1);
    expect(accepted).toMatchObject({
      next: {
        state: "paying",
        terms: offer.terms,
        priceUntil: offer.expiresAt,
        offer: null,
        lightning: { amountMsat: offer.terms.amountMsat, number: 2 },
      },
    });
    expect(step(offered, attached(offer.terms.amountMsat), offer.expiresAt)).toBeNull();
  });

  test("an offer that covers the promise takes an invoice for the promised sats as well", () => {
    const order = buyIn("invoice_needed");
    const now = quoteEnd + 1;
    const offered = step(order, priced(priceMoved(5_000n)), now)?.next;
    expect(offered?.offer?.coversPromise).toBe(true);
    const accepted = step(offered ?? order, attached(order.terms.amountMsat), now + 1);
    expect(accepted?.next).toMatchObject({ state: "paying", terms: order.terms });
  });

  test("9: an expired invoice asks for a new one before any price is checked", () => {
    const order = buyIn("kes_received");
    const lightning = { ...order.lightning, invoiceExpiresAt: quoteEnd };
    expect(step({ ...order, lightning }, woken, quoteEnd)?.next).toMatchObject({
      state: "invoice_needed",
      reason: "invoice_expired",
    });
  });
});

describe("the channel of a buy", () => {
  const failed = (channelOpened: boolean): Fact => {
    const report: LightningReport = {
      paymentHash: buyIn("paying").lightning.paymentHash,
      direction: "outbound",
      state: "failed",
      receivedMsat: msat(0n),
      feeMsat: msat(0n),
      failure: "recipient_rejected",
      channelOpened,
      claimDeadlineHeight: 0,
      tipHeight: 800,
    };
    return { type: "lightning_reported", answer: { ok: true, value: report } };
  };
  // 2,000 sat at 10,000,000 KES per bitcoin: KES 200.
  const terms = termsAt(1_000n, 2_000_000n);

  function refunded(channelOpened: boolean, from = terms) {
    const needed = step(buyIn("paying", { terms: from }), failed(channelOpened), quoteEnd + 1);
    const refund = step(
      needed?.next ?? buyIn("paying"),
      { type: "holder_cancelled" },
      quoteEnd + 2,
    );
    if (refund === null) throw new Error("no refund");
    return refund.next;
  }

  test("26: is not refunded once it was opened", () => {
    const order = refunded(true);
    expect(order).toMatchObject({ state: "refunding", channelOpened: true });
    const { refund } = order.caseFile;
    expect(refund?.amountKesCents).toBe(80_000n);
    if (refund === null) throw new Error("no refund");
    const sent = {
      ...refund,
      reserved: true,
      payout: { ...refund.payout, status: "accepted" as const, conversationIds: ["AG_1"] },
    };
    const confirmed = step(
      { ...order, caseFile: { ...order.caseFile, refund: sent } },
      {
        type: "payout_resulted",
        result: {
          conversationId: "AG_1",
          originatorConversationId: null,
          status: "succeeded",
          code: "0",
          amountKesCents: fiat("KES", 80_000n),
          receipt: "SKN0000001",
          msisdn: null,
        },
      },
      quoteEnd + 3,
    );
    expect(confirmed?.next.state).toBe("refunded");
    const sum = (account: string): bigint =>
      (confirmed?.postings ?? [])
        .flatMap(({ entries }) => entries)
        .filter((entry) => entry.account === account)
        .reduce((total, { amount }) => total + amount, 0n);
    // Nothing is left undelivered, and the channel's fee is income.
    expect(sum("buys_undelivered")).toBe(100_000n);
    expect(sum("fees_kes")).toBe(-20_000n);
  });

  test("is refunded while none was opened", () => {
    expect(refunded(false).caseFile.refund?.amountKesCents).toBe(100_000n);
  });

  test("leaves a refund that M-Pesa can pay", () => {
    expect(refunded(true, termsAt(105n, 990_000n)).caseFile.refund?.amountKesCents).toBe(1_000n);
  });
});

describe("a payment that the holder's node held back and then refused", () => {
  /** The order after the refusal, reported at once. */
  function refusedAt(changedAt: number): BuyOrder {
    const order = buyIn("paying");
    const report: LightningReport = {
      paymentHash: order.lightning.paymentHash,
      direction: "outbound",
      state: "failed",
      receivedMsat: msat(0n),
      feeMsat: msat(0n),
      failure: "recipient_rejected",
      changedAt,
      claimDeadlineHeight: 0,
      tipHeight: 800,
    };
    const fact: Fact = { type: "lightning_reported", answer: { ok: true, value: report } };
    const next = step(order, fact, changedAt)?.next;
    if (next === undefined) throw new Error("no decision");
    return next;
  }
  const late = quoteEnd + orderTimes.heldBackMs + 1;
  const cancel: Fact = { type: "holder_cancelled" };
  const paidBack = (order: BuyOrder | undefined) => order?.caseFile.refund?.amountKesCents;

  test("7: is refunded without what the price has fallen by, so that waiting gains nothing", () => {
    const held = refusedAt(late);
    const asked = step(held, cancel, late + 1);
    expect(asked).toMatchObject({ next: { state: "invoice_needed" }, types: ["fetch_price"] });
    const refunded = step(asked?.next ?? held, priced(priceMoved(-100_000n)), late + 2)?.next;
    expect(refunded).toMatchObject({ state: "refunding", reason: "refund_asked" });
    expect(paidBack(refunded)).toBe(90_000n);
    const risen = step(asked?.next ?? held, priced(priceMoved(100_000n)), late + 2)?.next;
    expect(paidBack(risen)).toBe(100_000n);
  });

  test("7: whichever the holder chooses after the price has moved, it gains nothing on average", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 500_000n), (move) => {
        const held = refusedAt(late);
        const asked = step(held, cancel, late + 1)?.next ?? held;
        const back = (moved: bigint): bigint =>
          paidBack(step(asked, priced(priceMoved(moved)), late + 2)?.next) ?? 0n;
        const gain = (moved: bigint): bigint => {
          const { rate: price } = priceMoved(moved);
          const sats = (held.terms.amountMsat * price.minorUnits) / price.btc / 100_000_000_000n;
          return (sats > back(moved) ? sats : back(moved)) - held.terms.amountKesCents;
        };
        // Less than a shilling, by which refunds are rounded.
        expect(gain(move) + gain(-move)).toBeLessThan(100n);
      }),
    );
  });

  test("is asked for again when there is no price, and is refunded in full when it was refused soon", () => {
    const held = refusedAt(late);
    const asked = step(held, cancel, late + 1)?.next ?? held;
    const again = step(asked, woken, asked.deadlineAt ?? 0);
    expect(again).toMatchObject({
      next: { refundAtPrice: "refund_asked" },
      types: ["fetch_price"],
    });
    const soon = step(refusedAt(late - 1), cancel, late + 1)?.next;
    expect(paidBack(soon)).toBe(100_000n);
  });
});

test("an earlier invoice that was paid after all is booked with its own amount", () => {
  const order = buyIn("invoice_needed");
  const now = quoteEnd + 1;
  const offered = step(order, priced(priceMoved(50_000n)), now)?.next;
  const fewer = offered?.offer?.terms.amountMsat ?? 0n;
  const accepted = step(offered ?? order, attached(fewer), now + 1)?.next;
  if (accepted === undefined) throw new Error("not accepted");
  const report: LightningReport = {
    paymentHash: order.lightning.paymentHash,
    direction: "outbound",
    state: "succeeded",
    receivedMsat: msat(0n),
    feeMsat: msat(0n),
    failure: null,
    claimDeadlineHeight: 0,
    tipHeight: 800,
  };
  const late: Fact = { type: "lightning_reported", answer: { ok: true, value: report } };
  const sentOut = (from: BuyOrder): bigint | undefined =>
    step(from, late, now + 2)
      ?.postings.flatMap(({ entries }) => entries)
      .find(({ account }) => account === "treasury")?.amount;
  expect(sentOut(accepted)).toBe(-BigInt(order.terms.amountMsat));
  expect(sentOut({ ...accepted, state: "invoice_needed" })).toBe(-BigInt(order.terms.amountMsat));
});
