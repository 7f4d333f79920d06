import { fiat } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import type { OrderCallbackKind } from "../app/callbacks.ts";
import { createWriter } from "./daraja-bodies.ts";
import type { Reply } from "./daraja-bodies.ts";
import { hour, minute, second } from "./world.ts";
import type { World } from "./world.ts";

/** A result code of an STK push that is in no table. */
const undocumentedCode = "11";

/** An STK push as M-Pesa knows it. */
type SimulatedPrompt = {
  readonly orderId: string;
  readonly checkoutRequestId: string;
  readonly msisdn: string;
  readonly amount: Fiat<"KES">;
  state: "pending" | "paid" | "failed" | "unanswered";
  code: string;
  receipt: string | null;
  /** Nobody answered it, so a late success was possible. */
  wasUnanswered: boolean;
};

type SimulatedPayout = {
  readonly orderId: string;
  readonly originatorConversationId: string;
  readonly conversationId: string;
  readonly msisdn: string;
  readonly amount: Fiat<"KES">;
  state: "pending" | "paid" | "failed";
  code: string;
  receipt: string | null;
};

/** One line of M-Pesa's account statement: the truth that an operator looks up. */
export type StatementLine = {
  readonly orderId: string;
  readonly receipt: string;
  readonly kind: "paid_in" | "paid_out" | "reversed" | "reversed_for_payer";
  /** The receipt that was reversed, or our id of the payout. */
  readonly of: string;
  readonly amount: Fiat<"KES">;
  readonly msisdn: string;
  readonly at: number;
};

export type SimulatedMpesa = {
  /** Daraja's HTTP interface. Throws for a request without an answer, as `fetch` does. */
  readonly request: (url: string, body: string | null) => Promise<Reply>;
  /** Both shortcodes' statements: everything that moved, in order. */
  readonly statement: () => readonly StatementLine[];
  /** Balances in cents of the payout shortcode and of the collecting shortcode. */
  readonly utility: () => bigint;
  readonly collections: () => bigint;
  readonly prompts: readonly SimulatedPrompt[];
  readonly payoutList: readonly SimulatedPayout[];
  /** A phone whose owner decides about its prompts. The other phones' owners act at random. */
  readonly setHandset: (msisdn: string, handset: Handset) => void;
};

/** A customer's reaction to a prompt on the phone. */
type Handset = () => Promise<"pays" | "cancels">;

/** Called for each payout when M-Pesa first receives it. */
type OnPayout = (payout: SimulatedPayout) => void;
type Deliver = (orderId: string, kind: OrderCallbackKind, body: string) => void;

const callbackOrigin = "https://callbacks.test";

export function callbackUrl(kind: string, orderId: string): string {
  return `${callbackOrigin}/${kind}/${orderId}`;
}

/** The order that a request is about, which only its callback address names. */
function orderOf(url: string): string {
  return url.split("/").at(-1) ?? "";
}

/** Moves amounts only: M-Pesa's fees are charged to another account (`mpesa_charges`). */
export function createMpesa(
  world: World,
  openingFloat: bigint,
  deliver: Deliver,
  onPayout: OnPayout,
  /** Whether the receipt was credited to an order. */
  isBooked: (receipt: string) => boolean,
): SimulatedMpesa {
  const { random, scheduler, faults, trace } = world;
  const writer = createWriter(random);
  const prompts: SimulatedPrompt[] = [];
  const payoutList: SimulatedPayout[] = [];
  const payoutsById = new Map<string, SimulatedPayout>();
  const statement: StatementLine[] = [];
  const handsets = new Map<string, Handset>();
  let utility = openingFloat;
  let collections = 0n;
  let serial = 0;
  let outageUntil = 0;

  const nextId = (prefix: string) => {
    serial += 1;
    return `${prefix}${serial}`;
  };

  const nextReceipt = (prefix: string) => {
    serial += 1;
    return `${prefix}${String(serial).padStart(9, "0")}`;
  };

  /** How long execution is delayed, in ms. During an outage, of up to 40 hours, calls are accepted but not executed. */
  function executionDelay(): number {
    if (scheduler.now() >= outageUntil && random.chance(faults.mpesaOutage)) {
      outageUntil =
        scheduler.now() + random.between(minute, random.pick([hour, 12 * hour, 40 * hour]));
      trace(`M-Pesa outage until ${outageUntil}`);
    }
    return Math.max(0, outageUntil - scheduler.now());
  }

  function sendCallback(
    orderId: string,
    kind: OrderCallbackKind,
    text: string,
    mayBeLost = true,
  ): boolean {
    if (mayBeLost && random.chance(faults.callbackLost)) {
      trace(`${kind} callback of ${orderId} lost`);
      return false;
    }
    const wait = random.chance(faults.callbackLate)
      ? random.between(minute, 30 * hour)
      : random.between(5, 3 * second);
    scheduler.at(scheduler.now() + wait, () => deliver(orderId, kind, text));
    if (random.chance(faults.callbackDoubled)) {
      scheduler.at(scheduler.now() + wait + random.between(0, hour), () =>
        deliver(orderId, kind, text),
      );
    }
    return true;
  }

  /** A request over an unreliable network: `work` may or may not happen, and the answer may or may not arrive. */
  async function answer(mayRefuse: boolean, work: () => Reply): Promise<Reply> {
    const fast = random.between(20, 900);
    const wait = random.chance(faults.slowAnswer) ? random.between(second, 24 * second) : fast;
    if (random.chance(faults.lostRequest)) {
      // Some lost requests are only slow: they arrive after the caller's timeout.
      if (random.chance(0.4)) {
        scheduler.at(scheduler.now() + random.between(31 * second, 5 * minute), () => void work());
      }
      await scheduler.sleep(25 * second);
      throw timedOut();
    }
    if (mayRefuse && random.chance(faults.throttled)) {
      await scheduler.sleep(fast);
      return random.chance(0.3) ? writer.tokenRefused() : writer.spikeArrest();
    }
    if (mayRefuse && random.chance(faults.refused)) {
      await scheduler.sleep(fast);
      return writer.envelope(400, "400.002.02", "Bad Request - Invalid Remarks");
    }
    await scheduler.sleep(Math.floor(wait / 2));
    const reply = work();
    if (random.chance(faults.lostAnswer)) {
      await scheduler.sleep(random.chance(0.5) ? 15 * second : fast);
      if (random.chance(0.5)) return writer.unreadable();
      throw random.chance(0.5) ? timedOut() : new TypeError("fetch failed");
    }
    await scheduler.sleep(Math.ceil(wait / 2));
    return reply;
  }

  function endPrompt(
    prompt: SimulatedPrompt,
    state: "paid" | "failed" | "unanswered",
    code: string,
  ) {
    prompt.state = state;
    prompt.code = code;
    if (state === "unanswered") prompt.wasUnanswered = true;
    if (state === "paid") {
      collections += prompt.amount;
      prompt.receipt = nextReceipt("R");
      statement.push({
        orderId: prompt.orderId,
        receipt: prompt.receipt,
        kind: "paid_in",
        of: prompt.checkoutRequestId,
        amount: prompt.amount,
        msisdn: prompt.msisdn,
        at: scheduler.now(),
      });
    }
    trace(`STK push of ${prompt.orderId} ended: ${state} ${code}`);
    const { receipt: paidReceipt } = prompt;
    if (paidReceipt !== null && random.chance(faults.payerReverses)) {
      scheduler.at(scheduler.now() + random.between(minute, 30 * hour), () =>
        reverse(paidReceipt, prompt.amount, "reversed_for_payer"),
      );
    }
    const wrong = random.chance(faults.wrongAmount) ? prompt.amount + 100n : prompt.amount;
    const paid =
      state === "paid" && prompt.receipt !== null
        ? { cents: wrong, receipt: prompt.receipt, msisdn: prompt.msisdn }
        : null;
    const { checkoutRequestId } = prompt;
    sendCallback(prompt.orderId, "prompt", writer.prompt({ checkoutRequestId, code, paid }));
    if (state === "paid" && random.chance(faults.callbackContradicted)) {
      const contradiction = { checkoutRequestId, code: "1032", paid: null };
      sendCallback(prompt.orderId, "prompt", writer.prompt(contradiction));
    }
  }

  function forge(orderId: string) {
    if (!random.chance(faults.callbackForged)) return;
    const at = scheduler.now() + random.between(1, 10 * minute);
    scheduler.at(at, () => {
      // Somebody who knows another person's receipt says that it paid for this order.
      const known = prompts.filter(({ receipt }) => receipt !== null && isBooked(receipt));
      const stolen = known.length > 0 && random.chance(0.5) ? random.pick(known) : null;
      const own = prompts.find((prompt) => prompt.orderId === orderId);
      deliver(
        orderId,
        "prompt",
        writer.prompt({
          checkoutRequestId: random.chance(0.5)
            ? (own ?? random.pick(prompts)).checkoutRequestId
            : nextId("forged"),
          code: "0",
          paid: {
            cents: random.chance(0.5) ? (own?.amount ?? 100_000n) : 100_000n,
            receipt: stolen?.receipt ?? nextReceipt("F"),
            msisdn: own?.msisdn ?? "254700000000",
          },
        }),
      );
    });
  }

  function simulateHandset(prompt: SimulatedPrompt) {
    const handset = handsets.get(prompt.msisdn);
    if (handset !== undefined) {
      void handset().then(async (answer) => {
        await scheduler.sleep(executionDelay());
        if (answer === "pays") endPrompt(prompt, "paid", "0");
        else endPrompt(prompt, "failed", "1032");
      });
      return;
    }
    const action = random.next();
    const wait = random.between(200, 25 * second) + executionDelay();
    scheduler.at(scheduler.now() + wait, () => {
      if (action < 0.7) endPrompt(prompt, "paid", "0");
      else if (action < 0.8) endPrompt(prompt, "failed", "1032");
      else if (action < 0.87)
        endPrompt(prompt, "failed", random.pick(["1", "2001", "17", undocumentedCode]));
      else {
        endPrompt(prompt, "unanswered", random.pick(["1037", "1019"]));
        if (!random.chance(faults.lateSuccess)) return;
        const late = random.between(minute, random.pick([10 * minute, 40 * minute]));
        scheduler.at(scheduler.now() + late, () => endPrompt(prompt, "paid", "0"));
      }
    });
  }

  type Fields = Readonly<Record<string, string>>;

  function push(fields: Fields): Reply {
    const orderId = orderOf(fields["CallBackURL"] ?? "");
    const prompt: SimulatedPrompt = {
      orderId,
      checkoutRequestId: nextId("ws_CO_"),
      msisdn: fields["PhoneNumber"] ?? "",
      amount: centsOf(fields["Amount"]),
      state: "pending",
      code: "4999",
      receipt: null,
      wasUnanswered: false,
    };
    prompts.push(prompt);
    trace(`STK push ${prompt.checkoutRequestId} of ${orderId} shown`);
    simulateHandset(prompt);
    forge(orderId);
    return writer.accepted({ CheckoutRequestID: prompt.checkoutRequestId });
  }

  function queryPrompt(fields: Fields): Reply {
    const prompt = prompts.find((known) => known.checkoutRequestId === fields["CheckoutRequestID"]);
    // Observed in the sandbox: for a moment the query does not know an existing transaction.
    if (prompt === undefined || random.chance(faults.refused)) {
      const message = "The transaction is being processed";
      return writer.envelope(random.pick([500, 200]), "500.001.1001", message);
    }
    return writer.queried(prompt.checkoutRequestId, prompt.state === "paid" ? "0" : prompt.code);
  }

  function sendResult(
    { orderId, ...payout }: SimulatedPayout,
    code: string,
    conversationId = payout.conversationId,
    mayBeLost = true,
  ) {
    const { originatorConversationId, amount: cents, msisdn } = payout;
    const receipt = payout.receipt ?? nextReceipt("N");
    const told = { conversationId, originatorConversationId, code, cents, msisdn, receipt };
    sendCallback(orderId, "payout", writer.payout(told), mayBeLost);
  }

  function execute(payout: SimulatedPayout) {
    if (random.chance(faults.payoutFails)) {
      payout.state = "failed";
      payout.code = random.pick(["2040", "8", "4"]);
    } else if (utility < payout.amount) {
      payout.state = "failed";
      payout.code = "1";
    } else {
      utility -= payout.amount;
      payout.state = "paid";
      payout.code = "0";
      payout.receipt = nextReceipt("P");
      statement.push({
        orderId: payout.orderId,
        receipt: payout.receipt,
        kind: "paid_out",
        of: payout.originatorConversationId,
        amount: payout.amount,
        msisdn: payout.msisdn,
        at: scheduler.now(),
      });
    }
    trace(`payout of ${payout.orderId} ${payout.state}`);
    sendResult(payout, payout.code);
    if (random.chance(faults.callbackForged)) {
      const opposite = payout.state === "paid" ? "2040" : "0";
      sendResult(payout, opposite, nextId("forged"), false);
    }
  }

  function pay(fields: Fields): Reply {
    const orderId = orderOf(fields["ResultURL"] ?? "");
    const originatorConversationId = fields["OriginatorConversationID"] ?? "";
    const known = payoutsById.get(originatorConversationId);
    if (known !== undefined) {
      if (random.chance(0.5)) {
        return writer.envelope(500, "500.002.1001", "Duplicate OriginatorConversationID.");
      }
      // Also documented: the gateway accepts the duplicate, and the result callback refuses it with code 15.
      const conversationId = nextId("AG_");
      sendResult(known, "15", conversationId);
      return writer.accepted({ ConversationID: conversationId });
    }
    const payout: SimulatedPayout = {
      orderId,
      originatorConversationId,
      conversationId: nextId("AG_"),
      msisdn: fields["PartyB"] ?? "",
      amount: centsOf(fields["Amount"]),
      state: "pending",
      code: "",
      receipt: null,
    };
    payoutsById.set(originatorConversationId, payout);
    payoutList.push(payout);
    onPayout(payout);
    const wait = random.between(10, 5 * second) + executionDelay();
    scheduler.at(scheduler.now() + wait, () => execute(payout));
    if (random.chance(faults.queueTimeout)) sendCallback(orderId, "payout-timeout", timeoutText);
    return writer.accepted({ ConversationID: payout.conversationId });
  }

  function queryPayout(fields: Fields): Reply {
    const orderId = orderOf(fields["ResultURL"] ?? "");
    const conversationId = nextId("AG_");
    const payout = payoutsById.get(fields["OriginalConversationID"] ?? "");
    const wait = random.between(10, 10 * second) + executionDelay();
    scheduler.at(scheduler.now() + wait, () => {
      const told =
        payout === undefined
          ? { code: "2032", text: "", payout: null }
          : {
              code: "0",
              text: random.pick(statusTexts[payout.state]),
              payout: {
                cents: payout.amount,
                msisdn: payout.msisdn,
                receipt: payout.receipt ?? nextReceipt("N"),
              },
            };
      sendCallback(orderId, "status", writer.status({ conversationId, ...told }));
    });
    return writer.accepted({ ConversationID: conversationId });
  }

  /** Gives a payment back, at most once. Returns the result code. */
  function reverse(receipt: string, amount: bigint, kind: "reversed" | "reversed_for_payer") {
    const original = statement.find((line) => line.kind === "paid_in" && line.receipt === receipt);
    if (original === undefined || amount > original.amount) {
      return { code: "R000002", receipt: null };
    }
    if (statement.some((line) => line.of === receipt)) return { code: "R000001", receipt: null };
    if (collections < amount) return { code: "1", receipt: null };
    collections -= amount;
    const line: StatementLine = {
      ...original,
      receipt: nextReceipt("V"),
      kind,
      of: receipt,
      amount: fiat("KES", amount),
      at: scheduler.now(),
    };
    statement.push(line);
    trace(`payment ${receipt} of ${original.orderId} ${kind}`);
    return { code: "0", receipt: line.receipt };
  }

  function requestReversal(fields: Fields): Reply {
    const orderId = orderOf(fields["ResultURL"] ?? "");
    const cents = centsOf(fields["Amount"]);
    const conversationId = nextId("AG_");
    const wait = random.between(10, 5 * second) + executionDelay();
    scheduler.at(scheduler.now() + wait, () => {
      const { code, receipt } = random.chance(faults.payoutFails)
        ? { code: "21", receipt: null }
        : reverse(fields["TransactionID"] ?? "", cents, "reversed");
      const told = { conversationId, code, cents, receipt: receipt ?? nextReceipt("N") };
      sendCallback(orderId, "reversal", writer.reversal(told));
    });
    if (random.chance(faults.queueTimeout)) sendCallback(orderId, "reversal-timeout", timeoutText);
    return writer.accepted({ ConversationID: conversationId });
  }

  async function request(url: string, body: string | null): Promise<Reply> {
    const fields = (body === null ? {} : JSON.parse(body)) as Fields;
    switch (new URL(url).pathname) {
      case "/oauth/v1/generate":
        return writer.reply(200, { access_token: nextId("token"), expires_in: "3599" });
      case "/mpesa/stkpush/v1/processrequest":
        return answer(true, () => push(fields));
      case "/mpesa/stkpushquery/v1/query":
        return answer(false, () => queryPrompt(fields));
      case "/mpesa/b2c/v3/paymentrequest":
        return answer(true, () => pay(fields));
      case "/mpesa/transactionstatus/v1/query":
        return answer(true, () => queryPayout(fields));
      case "/mpesa/reversal/v1/request":
        return answer(true, () => requestReversal(fields));
      case "/mpesa/b2c/hakikisha/v1/hakikisha":
        return writer.reply(200, { header: {}, body: { firstName: "Amina", lastName: "••••" } });
      default:
        return writer.envelope(404, "404.001.01", "Resource not found");
    }
  }

  return {
    request,
    statement: () => statement,
    utility: () => utility,
    collections: () => collections,
    prompts,
    payoutList,
    setHandset: (msisdn, handset) => handsets.set(msisdn, handset),
  };
}

/** The names of a payout's statuses in the answer to a status query. */
const statusTexts = {
  paid: ["Completed"],
  failed: ["Cancelled", "Declined", "Expired"],
  pending: ["Authorized", "Initiated"],
} as const;

const timeoutText = JSON.stringify({ Result: { ResultCode: 1, ResultDesc: "Request timed out" } });

/** Requests are in whole shillings, as text. */
function centsOf(shillings: string | undefined): Fiat<"KES"> {
  return fiat("KES", BigInt(shillings ?? "0") * 100n);
}

function timedOut(): Error {
  return Object.assign(new Error("The operation timed out"), { name: "TimeoutError" });
}
