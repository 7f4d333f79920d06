import { randomUUID } from "node:crypto";
import { acknowledgementCodes, mpesaSentences, requestCodeOf } from "@satsconnect/contracts/mpesa";
import { err, ok, toWholeUnits } from "@satsconnect/money";
import type { CallbackKind } from "../../app/callbacks.ts";
import type { Fiat, Result } from "@satsconnect/money";
import type { PayoutRail, StkRail } from "../../app/orders/ports.ts";
import { securityCredential } from "./credential.ts";
import { createGateway } from "./gateway.ts";
import type { GatewayOptions } from "./gateway.ts";
import { member, textOf } from "../exact-json.ts";
import type { RawJson } from "../exact-json.ts";
import {
  promptAnswer,
  readPayoutResult,
  readPromptAnswer,
  readPromptCallback,
  readStatusResult,
} from "./messages.ts";
import { nairobiTimestamp } from "./nairobi-time.ts";

export type DarajaOptions = GatewayOptions & {
  /** The shortcode that STK pushes pay into. */
  readonly shortcode: string;
  readonly passkey: string;
  /** The shortcode whose utility account makes the payouts. */
  readonly payoutShortcode: string;
  readonly initiatorName: string;
  readonly initiatorPassword: string;
  /** PEM of M-Pesa's certificate. */
  readonly certificate: string;
  /** The secret callback URL for one kind of callback of one order. */
  readonly urlFor: (kind: CallbackKind, orderId: string) => string;
};

export type Daraja = {
  readonly stk: StkRail;
  readonly payouts: PayoutRail;
  /** Requests the payout shortcode's balances. They arrive at `resultUrl`; read them with `readBalanceResult`. */
  readonly requestBalance: (addresses: {
    readonly resultUrl: string;
    readonly timeoutUrl: string;
  }) => Promise<Result<{ conversationId: string }>>;
};

const payoutPath = "/mpesa/b2c/v3/paymentrequest";

/** The fields with the customer's number in the requests of a push and of a payout. */
const payerFields: ReadonlySet<string> = new Set(["PartyA", "PhoneNumber", "MSISDN"]);
const recipientFields: ReadonlySet<string> = new Set(["PartyB", "PhoneNumber", "MSISDN"]);

/**
 * Safaricom's Daraja API as the STK and payout rails of orders. Payouts use B2C v3 only: v1 does not accept our own id, so
 * the outcome of an unanswered request could not be found out.
 */
export function createDaraja(options: DarajaOptions): Daraja {
  const { shortcode, passkey, payoutShortcode, initiatorName, urlFor, now } = options;
  const gateway = createGateway(options);
  const credential = () => securityCredential(options.initiatorPassword, options.certificate);
  // Fail at start, not at the first payout, if the certificate is invalid.
  credential();

  function signed(): { BusinessShortCode: string; Password: string; Timestamp: string } {
    const timestamp = nairobiTimestamp(now());
    const password = Buffer.from(`${shortcode}${passkey}${timestamp}`).toString("base64");
    return { BusinessShortCode: shortcode, Password: password, Timestamp: timestamp };
  }

  async function query(
    path: string,
    fields: object,
    addresses: { readonly resultUrl: string; readonly timeoutUrl: string },
  ): Promise<Result<{ conversationId: string }>> {
    return acknowledged(
      await gateway.post(path, payoutShortcode, {
        Initiator: initiatorName,
        SecurityCredential: credential(),
        PartyA: payoutShortcode,
        IdentifierType: "4",
        Remarks: "SatsConnect",
        ResultURL: addresses.resultUrl,
        QueueTimeOutURL: addresses.timeoutUrl,
        ...fields,
      }),
    );
  }

  return {
    stk: {
      push: async ({ orderId, msisdn, amountKesCents, accountReference }) => {
        const amount = shillingsText(amountKesCents);
        const answer = await gateway.post(
          "/mpesa/stkpush/v1/processrequest",
          shortcode,
          {
            ...signed(),
            TransactionType: "CustomerPayBillOnline",
            Amount: amount,
            PartyA: msisdn,
            PartyB: shortcode,
            PhoneNumber: msisdn,
            CallBackURL: urlFor("prompt", orderId),
            AccountReference: accountReference,
            TransactionDesc: "Buy bitcoin",
          },
          { customerFields: payerFields },
        );
        const accepted = responseCodeZero(answer);
        if (!accepted.ok) return accepted;
        const checkoutRequestId = textOf(member(accepted.value, "CheckoutRequestID"));
        return checkoutRequestId === null ? unreadable() : ok({ checkoutRequestId });
      },
      query: async (checkoutRequestId) => {
        const answer = await gateway.post("/mpesa/stkpushquery/v1/query", shortcode, {
          ...signed(),
          CheckoutRequestID: checkoutRequestId,
        });
        if (!answer.ok) {
          const { code } = answer.error;
          // This code was observed for STK pushes that exist, so it counts as pending.
          return code === "500.001.1001" ? ok(promptAnswer(code)) : answer;
        }
        // Error envelopes were observed with HTTP 200 as well.
        if (textOf(member(answer.value, "ResponseCode")) !== "0") return unreadable();
        const status = readPromptAnswer(answer.value);
        return status === null ? unreadable() : ok(status);
      },
      readCallback: readPromptCallback,
    },

    payouts: {
      send: async ({ orderId, originatorConversationId, msisdn, amountKesCents }) => {
        const answer = await gateway.post(
          payoutPath,
          payoutShortcode,
          {
            OriginatorConversationID: originatorConversationId,
            InitiatorName: initiatorName,
            SecurityCredential: credential(),
            CommandID: "BusinessPayment",
            Amount: shillingsText(amountKesCents),
            PartyA: payoutShortcode,
            PartyB: msisdn,
            Remarks: "SatsConnect payout",
            QueueTimeOutURL: urlFor("payout-timeout", orderId),
            ResultURL: urlFor("payout", orderId),
            // Daraja spells it with two s.
            Occassion: "SatsConnect",
          },
          { customerFields: recipientFields },
        );
        return acknowledged(answer);
      },
      requestStatus: ({ orderId, originatorConversationId }) =>
        query(
          "/mpesa/transactionstatus/v1/query",
          {
            CommandID: "TransactionStatusQuery",
            TransactionID: "",
            OriginalConversationID: originatorConversationId,
            Occasion: "SatsConnect",
          },
          {
            resultUrl: urlFor("status", orderId),
            timeoutUrl: urlFor("status-timeout", orderId),
          },
        ),
      readResult: readPayoutResult,
      readStatusResult,
      recipientName: async (msisdn) => {
        // No sell is quoted while payouts are not answered.
        if (!gateway.answers(payoutPath)) return mpesaUnavailable();
        const answer = await gateway.post(
          "/mpesa/b2c/hakikisha/v1/hakikisha",
          payoutShortcode,
          {
            header: {
              requestID: randomUUID(),
              timestamp: nairobiTimestamp(now()),
            },
            body: { msisdn, shortcode: payoutShortcode },
          },
          { isReadable: (body) => member(body, "header") !== undefined },
        );
        return readRecipient(answer);
      },
    },

    requestBalance: (addresses) =>
      query("/mpesa/accountbalance/v1/query", { CommandID: "AccountBalance" }, addresses),
  };
}

/** M-Pesa moves whole shillings only. @throws Error if the amount has cents, which quotes never have. */
function shillingsText(amount: Fiat<"KES">): string {
  const whole = toWholeUnits("KES", amount);
  if (!whole.ok) throw new Error(whole.error.message);
  return String(whole.value);
}

function responseCodeZero(answer: Result<RawJson>): Result<RawJson> {
  if (!answer.ok) return answer;
  const code = textOf(member(answer.value, "ResponseCode"));
  if (code === null) return unreadable();
  if (code === "0") return answer;
  const meaning = requestCodeOf(acknowledgementCodes, code, "");
  return err(meaning.code, mpesaSentences[meaning.reason], meaning.retry);
}

function acknowledged(answer: Result<RawJson>): Result<{ conversationId: string }> {
  const accepted = responseCodeZero(answer);
  if (!accepted.ok) return accepted;
  const conversationId = textOf(member(accepted.value, "ConversationID"));
  return conversationId === null ? unreadable() : ok({ conversationId });
}

/** The request may have been accepted, but the answer has an unknown form. */
function unreadable() {
  return err("answer_unreadable", "M-Pesa's answer cannot be read.", "unknown");
}

function mpesaUnavailable() {
  return err(
    "mpesa_unavailable",
    "M-Pesa cannot be reached right now. Try again in a moment.",
    "safe",
  );
}

/** M-Pesa masks all names but the first. The response format is undocumented and known from developer forums. */
function readRecipient(
  answer: Result<RawJson>,
): Result<{ name: string | null }, "recipient_not_registered" | "mpesa_unavailable"> {
  if (!answer.ok) {
    // M-Pesa does not offer the lookup to every shortcode: return no name then.
    if (answer.error.retry === "never") return ok({ name: null });
    return /^http_40[1349]$/.test(answer.error.code) ? ok({ name: null }) : mpesaUnavailable();
  }
  const body = member(answer.value, "body");
  const names = ["firstName", "middleName", "lastName"].flatMap(
    (name) => textOf(member(body, name)) ?? [],
  );
  if (names.length > 0) return ok({ name: names.join(" ").toUpperCase() });
  const message = textOf(member(body, "message")) ?? "";
  return /does not exist/i.test(message)
    ? err("recipient_not_registered", "This number is not registered for M-Pesa.", "never")
    : ok({ name: null });
}
