import { fiat } from "@satsconnect/money";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Fact, ReversalResult } from "./facts.ts";
import { orderTimes } from "./policy.ts";
import { newReversal, stepReversal } from "./reversal.ts";
import type { Reversal } from "./reversal.ts";

const start = Date.UTC(2026, 10, 30);
const amount = fiat("KES", 40_000n);
const fresh = newReversal("SKC82PACB8", amount, start);

function result(
  conversationId: string,
  status: ReversalResult["status"],
  more: Partial<ReversalResult> = {},
): Fact {
  const values = { code: status, amountKesCents: null, receipt: null };
  return { type: "reversal_resulted", result: { conversationId, status, ...values, ...more } };
}
const answered = (conversationId: string): Fact => ({
  type: "reversal_answered",
  answer: { ok: true, value: { conversationId } },
});
const refusal = (retry: "never" | "safe" | "unknown"): Fact => ({
  type: "reversal_answered",
  answer: { ok: false, code: "code", retry },
});

/** Applies the facts one minute apart; `woken` whenever the reversal is due. */
function after(...facts: readonly (Fact | "due")[]): Reversal {
  let reversal = fresh;
  let now = start;
  for (const fact of facts) {
    now = fact === "due" ? Math.max(now, reversal.dueAt) : now + 1_000;
    const stepped = stepReversal(reversal, fact === "due" ? { type: "woken" } : fact, now);
    reversal = stepped?.reversal ?? reversal;
  }
  return reversal;
}

describe("a reversal", () => {
  test("is proven by a result that names our conversation, also one that came first", () => {
    const made = result("AG_1", "succeeded", { receipt: "SKE52PAWR9" });
    for (const facts of [
      ["due", answered("AG_1"), made],
      ["due", made, answered("AG_1")],
    ] as const) {
      expect(after(...facts)).toMatchObject({
        status: "confirmed",
        reversalReceipt: "SKE52PAWR9",
      });
    }
    expect(after("due", answered("AG_1"), result("AG_2", "succeeded")).status).toBe("accepted");
  });

  test("that is not answered is repeated, and M-Pesa's refusal of the second proves the first", () => {
    const repeated = after("due", refusal("unknown"), "due", answered("AG_2"));
    expect(repeated).toMatchObject({ sends: 2, perhapsSent: true });
    const proven = after(
      ...(["due", refusal("unknown"), "due", answered("AG_2")] as const),
      result("AG_2", "already_reversed"),
    );
    expect(proven).toMatchObject({ status: "confirmed", reversalReceipt: null });
  });

  test("of a receipt that somebody else has reversed waits for a person", () => {
    const stuck = after("due", answered("AG_1"), result("AG_1", "already_reversed"));
    expect(stuck.status).toBe("stuck");
    // Refused calls before it made nothing.
    expect(
      after("due", refusal("safe"), "due", answered("AG_2"), result("AG_2", "already_reversed"))
        .status,
    ).toBe("stuck");
  });

  test("that was refused after an unanswered request is not proven unmade", () => {
    expect(after("due", refusal("never")).status).toBe("failed");
    expect(after("due", answered("AG_1"), result("AG_1", "failed")).status).toBe("failed");
    expect(after("due", refusal("unknown"), "due", refusal("never")).status).toBe("unknown");
    expect(
      after("due", refusal("unknown"), "due", answered("AG_2"), result("AG_2", "failed")).status,
    ).toBe("unknown");
  });

  test("is left to a person after a day without proof, and a late proof still counts", () => {
    let reversal = after("due", answered("AG_1"));
    let now = start;
    while (reversal.status !== "stuck") {
      now = Math.max(now, reversal.dueAt);
      expect(now).toBeLessThan(start + 2 * orderTimes.reversalGiveUpMs);
      reversal = stepReversal(reversal, { type: "woken" }, now)?.reversal ?? reversal;
      if (reversal.status === "sending") {
        reversal = stepReversal(reversal, refusal("unknown"), now + 1)?.reversal ?? reversal;
      }
    }
    const late = stepReversal(reversal, result("AG_1", "succeeded"), now);
    expect(late?.reversal.status).toBe("confirmed");
  });

  test("is proven made exactly when M-Pesa made it, and proven unmade only when it never will be", () => {
    type Event =
      | { readonly kind: "wake"; readonly call: Call }
      | { readonly kind: "execute" | "deliver"; readonly which: number }
      | { readonly kind: "timeout" };
    type Call = "answered" | "lost" | "arrives" | "safe" | "never";
    const event: fc.Arbitrary<Event> = fc.oneof(
      fc.record({
        kind: fc.constant("wake" as const),
        call: fc.constantFrom<Call>("answered", "lost", "arrives", "safe", "never"),
      }),
      fc.record({ kind: fc.constantFrom("execute", "deliver"), which: fc.nat(5) }),
      fc.constant({ kind: "timeout" }),
    );
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 40 }),
        fc.boolean(),
        fc.boolean(),
        (events, refused, otherwise) => {
          let reversal = fresh;
          let now = start;
          let serial = 0;
          /** Somebody else reversed the receipt before. */
          let madeBy: "us" | "somebody else" | null = otherwise ? "somebody else" : null;
          const queue: string[] = [];
          const results: Fact[] = [];
          const apply = (fact: Fact) => {
            reversal = stepReversal(reversal, fact, now)?.reversal ?? reversal;
          };
          for (const one of events) {
            now += 1_000;
            if (one.kind === "wake") {
              now = Math.max(now, reversal.dueAt);
              const before = reversal.sends;
              apply({ type: "woken" });
              if (reversal.sends === before) continue;
              serial += 1;
              const id = `AG_${serial}`;
              if (one.call === "answered" || one.call === "arrives") queue.push(id);
              if (one.call === "answered") apply(answered(id));
              else if (one.call === "safe" || one.call === "never") apply(refusal(one.call));
              else apply(refusal("unknown"));
            } else if (one.kind === "execute") {
              const [id] = queue.splice(one.which % Math.max(1, queue.length), 1);
              if (id === undefined) continue;
              if (madeBy !== null) results.push(result(id, "already_reversed"));
              else if (refused) results.push(result(id, "failed"));
              else {
                madeBy = "us";
                results.push(result(id, "succeeded", { receipt: "SKE52PAWR9" }));
              }
            } else if (one.kind === "deliver") {
              const found = results[one.which % Math.max(1, results.length)];
              if (found !== undefined) apply(found);
            } else apply({ type: "reversal_timed_out" });
          }
          // Money that somebody else reversed is the payer's as well: a whole receipt is reversed once.
          if (reversal.status === "confirmed") expect(madeBy).not.toBeNull();
          if (reversal.status === "failed") {
            expect(madeBy).not.toBe("us");
            const mayFollow = queue.length > 0 && madeBy === null && !refused;
            expect(mayFollow).toBe(false);
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
