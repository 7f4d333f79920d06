import { err, fiat, ok } from "@satsconnect/money";
import type { Fiat, Result } from "@satsconnect/money";
import type {
  PayoutResult,
  PromptAnswer,
  PromptCallback,
  ReversalResult,
  StatusResult,
} from "../domain/facts.ts";
import type { EvidenceKind, PayoutRail, ReversalRail, StkRail } from "../app/orders/ports.ts";
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
  readonly stk: StkRail;
  readonly payouts: PayoutRail;
  readonly reversals: ReversalRail;
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

/** What a customer does about a prompt on the phone. */
export type Handset = () => Promise<"pays" | "cancels">;

/** Called for each payout when M-Pesa first receives it. */
type OnPayout = (payout: SimulatedPayout) => void;
type Deliver = (orderId: string, kind: EvidenceKind, body: string) => void;

/** Moves amounts only: M-Pesa's fees are charged to another account (`mpesa_charges`). */
export function createMpesa(
  world: World,
  openingFloat: bigint,
  deliver: Deliver,
  onPayout: OnPayout,
): SimulatedMpesa {
  const { random, scheduler, faults, trace } = world;
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
    kind: EvidenceKind,
    body: object,
    mayBeLost = true,
  ): boolean {
    if (mayBeLost && random.chance(faults.callbackLost)) {
      trace(`${kind} callback of ${orderId} lost`);
      return false;
    }
    const text = JSON.stringify(body, (_key, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
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

  /** A call over an unreliable network: `work` may or may not happen, and the answer may or may not arrive. */
  async function call<Value>(
    name: string,
    refusals: boolean,
    work: () => Result<Value>,
  ): Promise<Result<Value>> {
    const fast = random.between(20, 900);
    const wait = random.chance(faults.slowAnswer) ? random.between(second, 29 * second) : fast;
    if (random.chance(faults.lostRequest)) {
      // Some lost requests are only slow: they arrive after the caller's timeout.
      if (random.chance(0.4)) {
        scheduler.at(scheduler.now() + random.between(31 * second, 5 * minute), () => void work());
      }
      await scheduler.sleep(30 * second);
      return err("timeout", `${name}: timeout`, "unknown");
    }
    if (refusals && random.chance(faults.throttled)) {
      await scheduler.sleep(fast);
      return err("500.003.02", `${name}: spike arrest`, "safe");
    }
    if (refusals && random.chance(faults.refused)) {
      await scheduler.sleep(fast);
      return err("400.002.02", `${name}: refused`, "never");
    }
    await scheduler.sleep(Math.floor(wait / 2));
    const result = work();
    if (random.chance(faults.lostAnswer)) {
      await scheduler.sleep(random.chance(0.5) ? 30 * second : fast);
      return err("http_502", `${name}: answer lost`, "unknown");
    }
    await scheduler.sleep(Math.ceil(wait / 2));
    return result;
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
    const callback = (succeeded: boolean, amount: bigint) => ({
      checkoutRequestId: prompt.checkoutRequestId,
      succeeded,
      code: succeeded ? "0" : code,
      amountKesCents: succeeded ? amount : null,
      receipt: succeeded ? prompt.receipt : null,
      msisdn: succeeded && random.chance(0.8) ? prompt.msisdn : null,
    });
    sendCallback(prompt.orderId, "prompt", callback(state === "paid", wrong));
    if (state === "paid" && random.chance(faults.callbackContradicted)) {
      sendCallback(prompt.orderId, "prompt", { ...callback(false, 0n), code: "1032" });
    }
  }

  function forge(orderId: string) {
    if (!random.chance(faults.callbackForged)) return;
    const at = scheduler.now() + random.between(1, 10 * minute);
    scheduler.at(at, () =>
      deliver(
        orderId,
        "prompt",
        JSON.stringify({
          checkoutRequestId: random.chance(0.5)
            ? random.pick(prompts).checkoutRequestId
            : nextId("forged"),
          succeeded: true,
          code: "0",
          amountKesCents: "100000",
          receipt: nextId("FORGED"),
          msisdn: null,
        }),
      ),
    );
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

  const stk: StkRail = {
    push: ({ orderId, msisdn, amountKesCents }) =>
      call(`push ${orderId}`, true, () => {
        const prompt: SimulatedPrompt = {
          orderId,
          checkoutRequestId: nextId("ws_CO_"),
          msisdn,
          amount: amountKesCents,
          state: "pending",
          code: "4999",
          receipt: null,
          wasUnanswered: false,
        };
        prompts.push(prompt);
        trace(`STK push ${prompt.checkoutRequestId} of ${orderId} shown`);
        simulateHandset(prompt);
        forge(orderId);
        return ok({ checkoutRequestId: prompt.checkoutRequestId });
      }),
    query: (checkoutRequestId) =>
      call<PromptAnswer>(`query ${checkoutRequestId}`, false, () => {
        const prompt = prompts.find((known) => known.checkoutRequestId === checkoutRequestId);
        if (prompt === undefined) return ok({ status: "pending", code: "500.001.1001" });
        // Observed in the sandbox: for a moment the query does not know an existing transaction.
        if (random.chance(faults.refused)) return ok({ status: "pending", code: "500.001.1001" });
        const { state, code } = prompt;
        if (code === undocumentedCode) return ok({ status: "unlisted", code });
        return ok(state === "paid" ? { status: "succeeded" } : { status: state, code });
      }),
    readCallback: (body) => {
      const value = JSON.parse(body) as PromptCallback & { amountKesCents: string | null };
      return { ...value, amountKesCents: centsOf(value.amountKesCents) };
    },
  };

  function payoutResult(payout: SimulatedPayout, status: PayoutResult["status"], code: string) {
    return {
      conversationId: payout.conversationId,
      originatorConversationId: payout.originatorConversationId,
      status,
      code,
      amountKesCents: status === "succeeded" ? payout.amount : null,
      receipt: status === "succeeded" ? payout.receipt : null,
      msisdn: status === "succeeded" ? payout.msisdn : null,
    };
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
    const status = payout.state === "paid" ? "succeeded" : "failed";
    sendCallback(payout.orderId, "payout", payoutResult(payout, status, payout.code));
    if (random.chance(faults.callbackForged)) {
      const opposite = status === "succeeded" ? "failed" : "succeeded";
      const forged = {
        ...payoutResult(payout, opposite, "forged"),
        conversationId: nextId("forged"),
      };
      sendCallback(payout.orderId, "payout", forged, false);
    }
  }

  const payouts: PayoutRail = {
    send: ({ orderId, originatorConversationId, msisdn, amountKesCents }) =>
      call(`payout ${orderId}`, true, () => {
        const known = payoutsById.get(originatorConversationId);
        if (known !== undefined) {
          if (random.chance(0.5)) {
            return err("payout_duplicate", "Duplicate OriginatorConversationID.", "unknown");
          }
          // Also documented: the gateway accepts the duplicate, and the result callback refuses it with code 15.
          const conversationId = nextId("AG_");
          const result = { ...payoutResult(known, "unknown", "15"), conversationId };
          sendCallback(orderId, "payout", result);
          return ok({ conversationId });
        }
        const payout: SimulatedPayout = {
          orderId,
          originatorConversationId,
          conversationId: nextId("AG_"),
          msisdn,
          amount: amountKesCents,
          state: "pending",
          code: "",
          receipt: null,
        };
        payoutsById.set(originatorConversationId, payout);
        payoutList.push(payout);
        onPayout(payout);
        const wait = random.between(10, 5 * second) + executionDelay();
        scheduler.at(scheduler.now() + wait, () => execute(payout));
        if (random.chance(faults.queueTimeout)) {
          sendCallback(orderId, "payout-timeout", { conversationId: payout.conversationId });
        }
        return ok({ conversationId: payout.conversationId });
      }),
    requestStatus: ({ orderId, originatorConversationId }) =>
      call(`status ${orderId}`, true, () => {
        const conversationId = nextId("AG_");
        const payout = payoutsById.get(originatorConversationId);
        const wait = random.between(10, 10 * second) + executionDelay();
        scheduler.at(scheduler.now() + wait, () => {
          const state = payout?.state ?? "not_found";
          const result: StatusResult = {
            conversationId,
            status: state === "paid" ? "succeeded" : state,
            code: payout?.code ?? "",
            amountKesCents: state === "paid" ? (payout?.amount ?? null) : null,
            receipt: payout?.receipt ?? null,
            msisdn: null,
          };
          sendCallback(orderId, "status", result);
        });
        return ok({ conversationId });
      }),
    readResult: (body) => {
      const value = JSON.parse(body) as PayoutResult & { amountKesCents: string | null };
      return { ...value, amountKesCents: centsOf(value.amountKesCents) };
    },
    readStatusResult: (body) => {
      const value = JSON.parse(body) as StatusResult & { amountKesCents: string | null };
      return { ...value, amountKesCents: centsOf(value.amountKesCents) };
    },
    recipientName: async () => ok({ name: "AMINA ••••" }),
  };

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

  const reversals: ReversalRail = {
    send: ({ orderId, receipt, amountKesCents }) =>
      call(`reversal ${orderId}`, true, () => {
        const conversationId = nextId("AG_");
        const wait = random.between(10, 5 * second) + executionDelay();
        scheduler.at(scheduler.now() + wait, () => {
          const fails = random.chance(faults.payoutFails);
          const { code, receipt: reversal } = fails
            ? { code: "21", receipt: null }
            : reverse(receipt, amountKesCents, "reversed");
          const result: ReversalResult = {
            conversationId,
            status: code === "0" ? "succeeded" : code === "R000001" ? "already_reversed" : "failed",
            code,
            amountKesCents: code === "0" ? amountKesCents : null,
            receipt: reversal,
          };
          sendCallback(orderId, "reversal", result);
        });
        if (random.chance(faults.queueTimeout)) {
          sendCallback(orderId, "reversal-timeout", { conversationId });
        }
        return ok({ conversationId });
      }),
    readResult: (body) => {
      const value = JSON.parse(body) as ReversalResult & { amountKesCents: string | null };
      return { ...value, amountKesCents: centsOf(value.amountKesCents) };
    },
  };

  return {
    stk,
    payouts,
    reversals,
    statement: () => statement,
    utility: () => utility,
    collections: () => collections,
    prompts,
    payoutList,
    setHandset: (msisdn, handset) => handsets.set(msisdn, handset),
  };
}

function centsOf(text: string | null): Fiat<"KES"> | null {
  return text === null ? null : fiat("KES", BigInt(text));
}
