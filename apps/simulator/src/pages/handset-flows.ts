import { kes } from "@satsconnect/money";
import type { Fiat } from "@satsconnect/money";
import type { Response } from "express";
import { checkPin } from "../mpesa/customers.ts";
import type { Customer } from "../mpesa/customers.ts";
import { balanceCents, customerAccount } from "../mpesa/ledger.ts";
import {
  notEnough,
  pinLockedMessage,
  refusedMessage,
  sendSms,
  wrongPinMessage,
} from "../mpesa/sms.ts";
import { payBill } from "../mpesa/pay-bill.ts";
import { sendMoney } from "../mpesa/send-money.ts";
import { findShortcode } from "../mpesa/shortcodes.ts";
import { seeOther, sendProblem } from "../web/responses.ts";
import type { World } from "../world/world.ts";
import { businessName, pathOf, questionScreen, typedAmount } from "./handset-screens.ts";
import type { Screen } from "./handset-screens.ts";
import { handsetStrings } from "./handset-strings.ts";

type Step = { readonly name: string; readonly kind: "number" | "text"; readonly pattern: RegExp };

const amountStep: Step = { name: "amount", kind: "number", pattern: /^[1-9]\d{0,8}$/ };
const flows = {
  send: [{ name: "to", kind: "number", pattern: /^(?:0|\+?254)[17]\d{8}$/ }, amountStep],
  paybill: [
    { name: "business", kind: "number", pattern: /^\d{5,7}$/ },
    { name: "account", kind: "text", pattern: /^[\w .-]{1,20}$/ },
    amountStep,
  ],
} as const satisfies Record<string, readonly Step[]>;

/** The next unanswered question of a flow; the PIN comes last. */
export function flowScreen(
  world: World,
  customer: Customer,
  flow: keyof typeof flows,
  query: URLSearchParams,
): Screen {
  const strings = handsetStrings(customer.language);
  const heading = flow === "send" ? strings.sendMoney : strings.payBill;
  const carried: Record<string, string> = {};
  const labels: Readonly<Record<string, string>> = {
    to: strings.enterNumber,
    business: strings.enterBusiness,
    account: strings.enterAccount,
    amount: strings.enterAmount,
  };
  const action = `${pathOf(customer)}/menu/${flow}`;
  for (const { name, kind, pattern } of flows[flow]) {
    const value = query.get(name)?.trim();
    if (value === undefined || !pattern.test(value)) {
      const label = labels[name] ?? "";
      const invalid = value !== undefined && value !== "";
      return questionScreen(customer, {
        heading,
        label,
        name,
        kind,
        carried,
        action,
        method: "get",
        invalid,
      });
    }
    carried[name] = value;
  }
  const amount = typedAmount(carried["amount"] ?? "0");
  const sentence =
    flow === "send"
      ? strings.confirmSend(amount, carried["to"] ?? "")
      : strings.confirmPay(
          amount,
          businessName(world, carried["business"] ?? ""),
          carried["account"] ?? "",
        );
  return questionScreen(customer, {
    ...pinQuestion(customer, heading),
    label: `${sentence} ${strings.enterPin}`,
    carried,
    action,
  });
}

/** Executes a completed flow at once. The result is sent to the phone as an SMS. */
export function finishFlow(
  world: World,
  customer: Customer,
  flow: keyof typeof flows,
  form: URLSearchParams,
  response: Response,
): void {
  for (const { name, pattern } of flows[flow]) {
    if (!pattern.test(form.get(name)?.trim() ?? "")) {
      sendProblem(response, 422, "invalid_form", `The field ${name} is not valid.`);
      return;
    }
  }
  if (isRightPin(world, customer, form.get("pin") ?? "")) {
    const amount = kes(BigInt(form.get("amount")?.trim() ?? "0"));
    if (flow === "send") {
      sendMoney(world, customer, `254${(form.get("to") ?? "").trim().slice(-9)}`, amount);
    } else {
      payBusiness(world, customer, amount, form);
    }
  }
  seeOther(response, `${pathOf(customer)}?note=sent`);
}

function payBusiness(
  world: World,
  customer: Customer,
  amount: Fiat<"KES">,
  form: URLSearchParams,
): void {
  const organisation = findShortcode(world.database, form.get("business")?.trim() ?? "");
  if (organisation === undefined) {
    sendSms(world, customer.msisdn, refusedMessage(customer.language, "no_business"), null);
    return;
  }
  const paid = payBill(world, {
    customer,
    organisation,
    amount,
    reference: form.get("account")?.trim() ?? "",
    conversationId: null,
    originatorConversationId: null,
    initiatedAt: world.clock.now(),
  });
  if (paid.type !== "refused") return;
  const balance = balanceCents(world.database, customerAccount(customer.msisdn));
  const message =
    paid.result === "insufficient"
      ? notEnough(customer.language, amount, organisation.name, balance)
      : refusedMessage(
          customer.language,
          paid.result === "dailyLimit"
            ? "daily_limit"
            : paid.result === "aboveMaximum"
              ? "amount"
              : "other",
        );
  sendSms(world, customer.msisdn, message, null);
}

/** The question for the PIN. */
export function pinQuestion(customer: Customer, heading: string) {
  return {
    heading,
    label: handsetStrings(customer.language).enterPin,
    name: "pin",
    kind: "pin",
    method: "post",
    invalid: false,
  } as const;
}

/** Checks the PIN in the SIM toolkit. A wrong PIN and an unregistered line are answered by SMS. */
export function isRightPin(world: World, customer: Customer, pin: string): boolean {
  if (customer.status !== "registered") {
    sendSms(world, customer.msisdn, handsetStrings(customer.language).unregisteredText, null);
    return false;
  }
  const checked = checkPin(world.database, customer, pin);
  if (checked === "right") return true;
  const strings = checked === "wrong" ? wrongPinMessage : pinLockedMessage;
  sendSms(world, customer.msisdn, strings(customer.language), null);
  return false;
}
