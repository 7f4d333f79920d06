import { inForce, mpesaStkLimits } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import { readSettings } from "../world/settings.ts";
import type { World } from "../world/world.ts";
import type { Customer } from "./customers.ts";
import { balanceCents, customerAccount, feesAccount, shortcodeAccount } from "./ledger.ts";
import { paidToBusiness, sendSms } from "./sms.ts";
import { recordPayment, decidePayBill, payBillFacts } from "./payments.ts";
import type { Payment } from "./payments.ts";
import { stkResults } from "./result-codes.ts";
import type { StkResult } from "./result-codes.ts";
import type { Shortcode } from "./shortcodes.ts";

export type PayBillRequest = {
  readonly customer: Customer;
  readonly organisation: Shortcode;
  readonly amount: Fiat<"KES">;
  readonly reference: string;
  readonly conversationId: string | null;
  readonly originatorConversationId: string | null;
  readonly initiatedAt: number;
};

export type PayBillOutcome =
  | { readonly type: "paid"; readonly payment: Payment }
  | { readonly type: "refused"; readonly result: StkResult };

/**
 * A customer pays an organisation; the PIN has been checked. In one transaction, the amount goes to the organisation's
 * utility account (community), the fee on top to Safaricom (customer-pays tariff), and the customer gets the SMS.
 */
export function payBill(world: World, request: PayBillRequest): PayBillOutcome {
  const { customer, organisation, amount } = request;
  return world.database.transaction(() => {
    const { repeatWindowMs } = readSettings(world.database);
    const facts = payBillFacts(world, customer, organisation, amount, repeatWindowMs);
    const result = decidePayBill(facts);
    if (result !== "success") return { type: "refused", result };
    const debit = customerAccount(customer.msisdn);
    const credit = shortcodeAccount(organisation.shortcode, "utility");
    const payment = recordPayment(
      world,
      {
        kind: "pay_bill",
        status: "completed",
        resultCode: stkResults.success.code,
        amount,
        fee: facts.fee,
        debitAccount: debit,
        creditAccount: credit,
        reference: request.reference,
        conversationId: request.conversationId,
        originatorConversationId: request.originatorConversationId,
        initiatedAt: request.initiatedAt,
      },
      [
        {
          account: debit,
          cents: 0n - amount,
          detail: `Pay Bill to ${organisation.shortcode} - ${organisation.name} Acc. ${request.reference}`,
        },
        {
          account: credit,
          cents: amount,
          detail: `Pay Bill from ${customer.msisdn} Acc. ${request.reference}`,
        },
        { account: debit, cents: 0n - facts.fee, detail: "Pay Bill Charge" },
        { account: feesAccount, cents: facts.fee, detail: `Pay Bill Charge of ${customer.msisdn}` },
      ],
    );
    const { dailyMax } = inForce(mpesaStkLimits, payment.finalisedAt);
    sendSms(
      world,
      customer.msisdn,
      paidToBusiness(customer.language, {
        receipt: payment.receipt,
        at: payment.finalisedAt,
        amount,
        balanceCents: balanceCents(world.database, debit),
        business: organisation.name,
        account: request.reference,
        fee: facts.fee,
        leftToday: dailyMax - facts.sentTodayCents - amount,
      }),
      payment.receipt,
    );
    return { type: "paid", payment };
  });
}
