import { inForce, mpesaStkLimits } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import type { World } from "../world/world.ts";
import { findCustomer, fullName, nationalNumber } from "./customers.ts";
import type { Customer } from "./customers.ts";
import { newReceipt, recordPayment, sentTodayCents } from "./payments.ts";
import { balanceCents, customerAccount, feesAccount } from "./ledger.ts";
import {
  balanceMessage,
  refusedMessage,
  receivedFrom,
  sentTo,
  statementMessage,
  sendSms,
} from "./sms.ts";
import { feeFor, maxCustomerBalance, sendMoneyTariffs } from "./tariffs.ts";

export type SendRefusal =
  | "no_recipient"
  | "amount"
  | "daily_limit"
  | "not_enough"
  | "recipient_full";

/** One customer sends to another from the SIM toolkit; the PIN has been checked. Both get an SMS. */
export function sendMoney(
  world: World,
  sender: Customer,
  recipientMsisdn: string,
  amount: Fiat<"KES">,
): SendRefusal | null {
  return world.database.transaction(() => {
    const now = world.clock.now();
    const limits = inForce(mpesaStkLimits, now);
    const recipient = findCustomer(world.database, recipientMsisdn);
    const refusal = decide();
    if (refusal !== null || recipient === undefined) {
      const reason = refusal ?? "no_recipient";
      sendSms(world, sender.msisdn, refusedMessage(sender.language, reason), null);
      return reason;
    }
    const fee = feeFor(inForce(sendMoneyTariffs, now), amount);
    const [debit, credit] = [customerAccount(sender.msisdn), customerAccount(recipient.msisdn)];
    const sentToday = sentTodayCents(world.database, sender.msisdn, now);
    const payment = recordPayment(
      world,
      {
        kind: "send",
        status: "completed",
        resultCode: "0",
        amount,
        fee,
        debitAccount: debit,
        creditAccount: credit,
        reference: "",
        conversationId: null,
        originatorConversationId: null,
        initiatedAt: now,
      },
      [
        {
          account: debit,
          cents: 0n - amount,
          detail: `Customer Transfer to ${recipient.msisdn} - ${fullName(recipient)}`,
        },
        {
          account: credit,
          cents: amount,
          detail: `Funds received from ${sender.msisdn} - ${fullName(sender)}`,
        },
        { account: debit, cents: 0n - fee, detail: "Customer Transfer of Funds Charge" },
        { account: feesAccount, cents: fee, detail: `Transfer Charge of ${sender.msisdn}` },
      ],
    );
    const { receipt, finalisedAt: at } = payment;
    sendSms(
      world,
      sender.msisdn,
      sentTo(sender.language, {
        receipt,
        at,
        amount,
        balanceCents: balanceCents(world.database, debit),
        recipient: `${fullName(recipient)} ${nationalNumber(recipient.msisdn)}`,
        fee,
        leftToday: limits.dailyMax - sentToday - amount,
      }),
      receipt,
    );
    sendSms(
      world,
      recipient.msisdn,
      receivedFrom(recipient.language, {
        receipt,
        at,
        amount,
        balanceCents: balanceCents(world.database, credit),
        sender: `${fullName(sender)} ${nationalNumber(sender.msisdn)}`,
      }),
      receipt,
    );
    return null;

    function decide(): SendRefusal | null {
      if (recipient === undefined || recipient.status !== "registered") return "no_recipient";
      if (recipient.msisdn === sender.msisdn) return "no_recipient";
      if (amount < limits.min || amount > limits.max) return "amount";
      const today = sentTodayCents(world.database, sender.msisdn, now);
      if (today + amount > limits.dailyMax) return "daily_limit";
      const debited = amount + feeFor(inForce(sendMoneyTariffs, now), amount);
      if (balanceCents(world.database, customerAccount(sender.msisdn)) < debited)
        return "not_enough";
      const recipientBalance = balanceCents(world.database, customerAccount(recipient.msisdn));
      return recipientBalance + amount > maxCustomerBalance ? "recipient_full" : null;
    }
  });
}

/** Sends the balance by SMS, with a receipt and without a fee. */
export function sendBalance(world: World, customer: Customer): void {
  const receipt = newReceipt(world);
  const balance = balanceCents(world.database, customerAccount(customer.msisdn));
  sendSms(
    world,
    customer.msisdn,
    balanceMessage(customer.language, receipt, world.clock.now(), balance),
    receipt,
  );
}

/** Sends the last five entries by SMS. */
export function sendStatement(world: World, customer: Customer): void {
  sendSms(world, customer.msisdn, statementMessage(world, customer), null);
}
