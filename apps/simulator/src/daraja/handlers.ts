import type { KeyObject } from "node:crypto";
import type { Result } from "@satsconnect/money";
import type { Plan } from "../faults/plan.ts";
import { findCustomer } from "../mpesa/customers.ts";
import { stkDescription } from "../mpesa/result-codes.ts";
import type { StkResult } from "../mpesa/result-codes.ts";
import { findShortcode } from "../mpesa/shortcodes.ts";
import type { Shortcode } from "../mpesa/shortcodes.ts";
import { randomBelow } from "../shared/entropy.ts";
import { readSettings } from "../world/settings.ts";
import type { World } from "../world/world.ts";
import { errorAnswer, invalidField, jsonAnswer } from "./answers.ts";
import type { Answer } from "./answers.ts";
import { decryptCredential } from "./security-credential.ts";
import {
  amountField,
  amountWithCentsField,
  member,
  msisdnField,
  shortcodeField,
  textField,
  textOf,
  timestampField,
  urlField,
} from "./fields.ts";
import type { Body } from "./fields.ts";
import { acceptInquiry } from "./inquiries.ts";
import type { InquiryRequest } from "./inquiries.ts";
import { acceptPayout } from "./payouts.ts";
import {
  inquiryAcknowledgement,
  payoutAcknowledgement,
  stkAcknowledgement,
  stkQueryAnswer,
} from "./shapes.ts";
import { acceptPush, findPush, hasOpenPush } from "./stk-push.ts";

/** The organisation's configured credentials. */
export type Credentials = {
  readonly passkey: string;
  readonly initiatorName: string;
  readonly initiatorPassword: string;
  readonly credentialKey: KeyObject;
};

/** The answer to a request and, if it was accepted, its CheckoutRequestID or ConversationID. */
export type Handled = { readonly answer: Answer; readonly subject: string | null };

export type Request = {
  readonly world: World;
  readonly credentials: Credentials;
  readonly body: Body;
  readonly path: string;
  readonly plan: Plan;
};

/** The valid fields, or the error answer for the first invalid one. */
type Fields<Names extends string> =
  | { readonly ok: true; readonly values: Readonly<Record<Names, string>> }
  | { readonly ok: false; readonly answer: Answer };

/** M-Pesa Express (documented: MpesaExpressSimulate). */
export function handleStkPush({ world, credentials, body, plan }: Request): Handled {
  const settings = readSettings(world.database);
  const fields = checkFields(world, {
    BusinessShortCode: shortcodeField(body, "BusinessShortCode"),
    Password: textField(body, "Password"),
    Timestamp: timestampField(body, "Timestamp"),
    TransactionType: textField(body, "TransactionType", {
      pattern: /^Customer(?:PayBill|BuyGoods)Online$/,
    }),
    PartyA: msisdnField(body, "PartyA"),
    PartyB: shortcodeField(body, "PartyB"),
    PhoneNumber: msisdnField(body, "PhoneNumber"),
    CallBackURL: urlField(body, "CallBackURL", settings.refuseCallbackWords),
    AccountReference: textField(body, "AccountReference", { maxLength: 12 }),
    TransactionDesc: textField(body, "TransactionDesc", { minLength: 0, maxLength: 13 }),
  });
  if (!fields.ok) return answerOnly(fields.answer);
  const amount = amountField(body, "Amount");
  if (!amount.ok) return answerOnly(invalidField(world.entropy, "Amount"));
  const { values } = fields;
  const organisation = checkMerchant(world, credentials, values);
  if (!organisation.ok) return answerOnly(organisation.answer);
  if (hasOpenPush(world, values.PhoneNumber)) {
    return answerOnly(
      errorAnswer(
        world.entropy,
        500,
        "500.001.1001",
        "Unable to lock subscriber, a transaction is already in process for the current subscriber",
      ),
    );
  }
  const push = acceptPush(
    world,
    {
      shortcode: values.BusinessShortCode,
      partyB: values.PartyB,
      msisdn: values.PhoneNumber,
      amount: amount.value,
      reference: values.AccountReference,
      description: values.TransactionDesc,
      callbackUrl: values.CallBackURL,
    },
    plan,
    misconfiguration(world, organisation.shortcode, values),
  );
  return {
    answer: jsonAnswer(200, stkAcknowledgement(push.merchantRequestId, push.checkoutRequestId)),
    subject: push.checkoutRequestId,
  };
}

/** STK query (documented: MpesaExpressQuery; observed: the answers for an open push). */
export function handleStkQuery({ world, credentials, body }: Request): Handled {
  const fields = checkFields(world, {
    BusinessShortCode: shortcodeField(body, "BusinessShortCode"),
    Password: textField(body, "Password"),
    Timestamp: timestampField(body, "Timestamp"),
    CheckoutRequestID: textField(body, "CheckoutRequestID"),
  });
  if (!fields.ok) return answerOnly(fields.answer);
  const organisation = checkMerchant(world, credentials, fields.values);
  if (!organisation.ok) return answerOnly(organisation.answer);
  const push = findPush(world, fields.values.CheckoutRequestID);
  if (push === undefined || push.shortcode !== organisation.shortcode.shortcode) {
    return answerOnly(
      errorAnswer(world.entropy, 500, "500.001.1001", "The transaction does not Exist"),
    );
  }
  const answer = (code: string, description: string): Handled =>
    answerOnly(
      jsonAnswer(
        200,
        stkQueryAnswer(push.merchantRequestId, push.checkoutRequestId, code, description),
      ),
    );
  if (push.resultCode !== null)
    return answer(push.resultCode, stkDescription(push.resultCode, "query"));
  const { queryBusyPercent } = readSettings(world.database);
  if (randomBelow(world.entropy, 100) < queryBusyPercent) {
    return answerOnly(
      errorAnswer(world.entropy, 500, "500.001.1001", "The transaction is being processed"),
    );
  }
  return answer("4999", "The transaction is still under processing");
}

/**
 * B2C v1 and v3 (documented: BusinessToCustomer; observed: v1 creates the originator id itself and spells Occasion).
 */
export function handlePayout({ world, credentials, body, path, plan }: Request): Handled {
  const version = path.includes("/v3/") ? "v3" : "v1";
  const fields = checkFields(world, {
    OriginatorConversationID: textField(body, "OriginatorConversationID", {
      minLength: version === "v3" ? 1 : 0,
      maxLength: 64,
    }),
    InitiatorName: textField(body, "InitiatorName"),
    SecurityCredential: textField(body, "SecurityCredential"),
    CommandID: textField(body, "CommandID", {
      pattern: /^(?:SalaryPayment|BusinessPayment|PromotionPayment)$/,
    }),
    PartyA: shortcodeField(body, "PartyA"),
    PartyB: msisdnField(body, "PartyB"),
    Remarks: textField(body, "Remarks", { minLength: 2, maxLength: 100 }),
    ...callbackFields(world, body),
  });
  if (!fields.ok) return answerOnly(fields.answer);
  const amount = amountField(body, "Amount");
  if (!amount.ok) return answerOnly(invalidField(world.entropy, "Amount"));
  const { values } = fields;
  const payout = acceptPayout(
    world,
    {
      version,
      originatorConversationId: version === "v3" ? values.OriginatorConversationID : null,
      command: values.CommandID,
      shortcode: values.PartyA,
      recipient: values.PartyB,
      amount: amount.value,
      remarks: values.Remarks,
      occasion: textOf(body, "Occassion") || textOf(body, "Occasion"),
      resultUrl: values.ResultURL,
      timeoutUrl: values.QueueTimeOutURL,
      initiatorValid: isInitiator(credentials, values.InitiatorName, values.SecurityCredential),
    },
    plan,
  );
  if (payout === null) {
    return answerOnly(
      errorAnswer(world.entropy, 500, "500.002.1001", "Duplicate OriginatorConversationID."),
    );
  }
  const acknowledgement = payoutAcknowledgement(
    payout.conversationId,
    payout.originatorConversationId,
  );
  return { answer: jsonAnswer(200, acknowledgement), subject: payout.conversationId };
}

/** Transaction Status by receipt or by the caller's own id (documented: TransactionStatus). */
export function handleTransactionStatus(request: Request): Handled {
  const { world, body } = request;
  const receipt = textOf(body, "TransactionID");
  const originatorConversationId = textOf(body, "OriginalConversationID");
  if (receipt === "" && originatorConversationId === "") {
    return answerOnly(invalidField(world.entropy, "TransactionID"));
  }
  return handleInquiry(request, "TransactionStatusQuery", "PartyA", {
    api: "transaction_status",
    receipt,
    originatorConversationId,
  });
}

/** Documented: AccountBalance. */
export function handleAccountBalance(request: Request): Handled {
  return handleInquiry(request, "AccountBalance", "PartyA", { api: "account_balance" });
}

/** Documented: Reversal. */
export function handleReversal(request: Request): Handled {
  const { world, body } = request;
  const receipt = textField(body, "TransactionID", { pattern: /^[0-9A-Z]{10}$/ });
  if (!receipt.ok) return answerOnly(invalidField(world.entropy, "TransactionID"));
  const amount = amountWithCentsField(body, "Amount");
  if (!amount.ok) return answerOnly(invalidField(world.entropy, "Amount"));
  return handleInquiry(request, "TransactionReversal", "ReceiverParty", {
    api: "reversal",
    receipt: receipt.value,
    amountCents: amount.value.toString(),
  });
}

/** B2C Hakikisha: the name of a number's owner, with all names but the first masked (documented, community). */
export function handleHakikisha({ world, body }: Request): Handled {
  const requestId = textOf(member(body, "header"), "requestID");
  const timestamp = textOf(member(body, "header"), "timestamp");
  const details = member(body, "body");
  const customer = findCustomer(world.database, textOf(details, "msisdn"));
  const answer = (status: string, message: string, content: Readonly<Record<string, string>>) =>
    answerOnly(
      jsonAnswer(Number(status), {
        header: { requestID: requestId, timestamp, status, message },
        body: content,
      }),
    );
  const fields = [
    textField(details, "msisdn", { pattern: /^254[17]\d{8}$/ }),
    shortcodeField(details, "shortcode"),
  ];
  if (requestId === "" || fields.some(({ ok }) => !ok)) {
    return answer("400", "Error", { message: "Bad Request - Invalid phone number" });
  }
  if (customer === undefined || customer.status !== "registered") {
    return answer("400", "Error", { message: "The customer does not exist." });
  }
  const masked = (name: string) => (name === "" ? "" : `${name.charAt(0).toUpperCase()}******`);
  return answer("200", "Success", {
    firstName: customer.firstName.toLowerCase(),
    middleName: masked(customer.middleName),
    lastName: masked(customer.lastName),
  });
}

function handleInquiry(
  { world, credentials, body, plan }: Request,
  commandId: string,
  party: "PartyA" | "ReceiverParty",
  request: InquiryRequest,
): Handled {
  const identifier = party === "PartyA" ? "IdentifierType" : "RecieverIdentifierType";
  const fields = checkFields(world, {
    Initiator: textField(body, "Initiator"),
    SecurityCredential: textField(body, "SecurityCredential"),
    CommandID: textField(body, "CommandID", { pattern: new RegExp(`^${commandId}$`) }),
    [party]: shortcodeField(body, party),
    [identifier]: textField(body, identifier, { pattern: /^(?:1|2|4|11)$/ }),
    Remarks: textField(body, "Remarks", { minLength: 2, maxLength: 100 }),
    ...callbackFields(world, body),
  });
  if (!fields.ok) return answerOnly(fields.answer);
  const inquiry = acceptInquiry(
    world,
    {
      shortcode: textOf(body, party),
      request,
      resultUrl: textOf(body, "ResultURL"),
      timeoutUrl: textOf(body, "QueueTimeOutURL"),
      initiatorValid: isInitiator(
        credentials,
        textOf(body, "Initiator"),
        textOf(body, "SecurityCredential"),
      ),
    },
    plan,
  );
  return {
    answer: jsonAnswer(
      200,
      inquiryAcknowledgement(inquiry.conversationId, inquiry.originatorConversationId),
    ),
    subject: inquiry.conversationId,
  };
}

function callbackFields(world: World, body: Body) {
  const { refuseCallbackWords } = readSettings(world.database);
  return {
    QueueTimeOutURL: urlField(body, "QueueTimeOutURL", refuseCallbackWords),
    ResultURL: urlField(body, "ResultURL", refuseCallbackWords),
  };
}

function checkFields<Names extends string>(
  world: World,
  fields: Readonly<Record<Names, Result<string>>>,
): Fields<Names> {
  const values: Partial<Record<Names, string>> = {};
  for (const name in fields) {
    const field = fields[name];
    if (!field.ok) {
      return { ok: false, answer: invalidField(world.entropy, field.error.message) };
    }
    values[name] = field.value;
  }
  if (!isComplete(values, fields)) throw new Error("A field is missing after validation");
  return { ok: true, values };
}

function isComplete<Names extends string>(
  values: Partial<Record<Names, string>>,
  fields: Readonly<Record<Names, unknown>>,
): values is Record<Names, string> {
  return Object.keys(values).length === Object.keys(fields).length;
}

/** Checks that the shortcode exists and the password is base64(shortcode + passkey + timestamp) (documented). */
function checkMerchant(
  world: World,
  credentials: Credentials,
  values: Readonly<Record<"BusinessShortCode" | "Password" | "Timestamp", string>>,
):
  | { readonly ok: true; readonly shortcode: Shortcode }
  | { readonly ok: false; readonly answer: Answer } {
  const refuse = (message: string) => ({
    ok: false as const,
    answer: errorAnswer(world.entropy, 500, "500.001.1001", message),
  });
  const shortcode = findShortcode(world.database, values.BusinessShortCode);
  if (shortcode === undefined) return refuse("Merchant does not exist");
  const expected = `${values.BusinessShortCode}${credentials.passkey}${values.Timestamp}`;
  return values.Password === Buffer.from(expected).toString("base64")
    ? { ok: true, shortcode }
    : refuse("[MerchantValidate] - Wrong credentials");
}

/** The result for a receiver that does not match the transaction type (documented codes); null when it matches. */
function misconfiguration(
  world: World,
  shortcode: Shortcode,
  values: Readonly<Record<"PartyB" | "TransactionType", string>>,
): StkResult | null {
  const receiver = findShortcode(world.database, values.PartyB);
  if (receiver === undefined) return "noOperator";
  const requiredKind = values.TransactionType === "CustomerPayBillOnline" ? "paybill" : "till";
  const paysItself = requiredKind === "till" || receiver.shortcode === shortcode.shortcode;
  return receiver.kind === requiredKind && paysItself ? null : "notPermitted";
}

function isInitiator(credentials: Credentials, name: string, credential: string): boolean {
  return (
    name === credentials.initiatorName &&
    decryptCredential(credentials.credentialKey, credential) === credentials.initiatorPassword
  );
}

/** For a request that no callback follows, because it was refused or is answered completely. */
function answerOnly(answer: Answer): Handled {
  return { answer, subject: null };
}
