import { fiat } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import type { World } from "../world/world.ts";
import { findCustomer } from "./customers.ts";
import { balanceCents, shortcodeAccount } from "./ledger.ts";
import { reversedToYou, sendSms } from "./sms.ts";
import { recordPayment, findPayment } from "./payments.ts";
import type { Payment } from "./payments.ts";

export type ReversalOutcome =
  | { readonly type: "reversed"; readonly payment: Payment }
  | {
      readonly type: "refused";
      readonly result: "originalInvalid" | "alreadyReversed" | "insufficient";
    };

/**
 * Reverses a customer's payment once, in full or in part. Safaricom keeps the fee (assumed). Payouts cannot be reversed
 * through the API (documented), so their receipts are invalid here.
 */
export function reversePayment(
  world: World,
  request: {
    readonly shortcode: string;
    readonly original: string;
    readonly amount: Fiat<"KES">;
    /** The organisation's request; null if M-Pesa's customer care reverses for the payer, which nobody is told of. */
    readonly conversation: {
      readonly conversationId: string;
      readonly originatorConversationId: string;
    } | null;
  },
): ReversalOutcome {
  return world.database.transaction(() => {
    const original = findPayment(world.database, request.original);
    const utility = shortcodeAccount(request.shortcode, "utility");
    if (
      original === undefined ||
      original.kind !== "pay_bill" ||
      original.creditAccount !== utility ||
      request.amount > original.amount
    ) {
      return { type: "refused", result: "originalInvalid" };
    }
    if (original.reversedBy !== null) return { type: "refused", result: "alreadyReversed" };
    if (balanceCents(world.database, utility) < request.amount) {
      return { type: "refused", result: "insufficient" };
    }
    const payment = recordPayment(
      world,
      {
        kind: "reversal",
        status: "completed",
        resultCode: "0",
        amount: request.amount,
        fee: fiat("KES", 0n),
        debitAccount: utility,
        creditAccount: original.debitAccount,
        reference: original.receipt,
        conversationId: request.conversation?.conversationId ?? null,
        originatorConversationId: request.conversation?.originatorConversationId ?? null,
        initiatedAt: world.clock.now(),
      },
      [
        {
          account: utility,
          cents: 0n - request.amount,
          detail: `Transaction Reversal of ${original.receipt}`,
        },
        {
          account: original.debitAccount,
          cents: request.amount,
          detail: `Transaction Reversal of ${original.receipt}`,
        },
      ],
    );
    world.database.run(
      "UPDATE payment SET reversed_by = ? WHERE receipt = ?",
      payment.receipt,
      original.receipt,
    );
    const customer = findCustomer(world.database, original.debitAccount.split(":")[1] ?? "");
    if (customer !== undefined) {
      const message = reversedToYou(customer.language, {
        receipt: payment.receipt,
        at: payment.finalisedAt,
        amount: payment.amount,
        balanceCents: balanceCents(world.database, original.debitAccount),
        original: original.receipt,
      });
      sendSms(world, customer.msisdn, message, payment.receipt);
    }
    return { type: "reversed", payment };
  });
}
