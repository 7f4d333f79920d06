import type { Fiat } from "@satsconnect/money";
import { compactTime, dottedTime } from "../mpesa/nairobi.ts";
import { codeInCallback } from "../mpesa/result-codes.ts";
import { defaultPlan } from "../faults/plan.ts";
import type { DeliveryPlan } from "../faults/plan.ts";
import { WrittenNumber, shillingsNumber, shillingsText } from "../shared/json.ts";
import type { Json } from "../shared/json.ts";

// Every message that Daraja sends, with the keys, types and order of the samples in its documentation.

export type StkOutcome = {
  readonly merchantRequestId: string;
  readonly checkoutRequestId: string;
  readonly code: string;
  readonly description: string;
  readonly paid: {
    readonly amount: Fiat<"KES">;
    readonly receipt: string;
    readonly at: number;
    readonly msisdn: string;
  } | null;
};

/** Documented: MpesaExpressSimulate. The code is a number, SFC_IC0003 a string; metadata only with success. */
export function stkCallback(
  { merchantRequestId, checkoutRequestId, code, description, paid }: StkOutcome,
  alteration: DeliveryPlan["alteration"] = defaultPlan.delivery.alteration,
): Json {
  const items =
    paid === null
      ? undefined
      : [
          { Name: "Amount", Value: stkAmount(paid.amount, alteration) },
          { Name: "MpesaReceiptNumber", Value: paid.receipt },
          ...(alteration === "reordered" ? [{ Name: "Balance" }] : []),
          { Name: "TransactionDate", Value: new WrittenNumber(compactTime(paid.at)) },
          {
            Name: "PhoneNumber",
            Value:
              alteration === "masked_phone"
                ? `${paid.msisdn.slice(0, 4)}*****${paid.msisdn.slice(-3)}`
                : new WrittenNumber(paid.msisdn),
          },
        ];
  return {
    Body: {
      stkCallback: {
        MerchantRequestID: merchantRequestId,
        CheckoutRequestID: checkoutRequestId,
        ResultCode: codeInCallback(code),
        ResultDesc: description,
        CallbackMetadata:
          items === undefined
            ? undefined
            : { Item: alteration === "reordered" ? items.toReversed() : items },
      },
    },
  };
}

function stkAmount(amount: Fiat<"KES">, alteration: DeliveryPlan["alteration"]): Json {
  if (alteration === "amount") return shillingsNumber(amount + 100n);
  return alteration === "amount_as_text" ? shillingsText(amount) : shillingsNumber(amount);
}

/** Documented: MpesaExpressSimulate. */
export function stkAcknowledgement(merchantRequestId: string, checkoutRequestId: string): Json {
  return {
    MerchantRequestID: merchantRequestId,
    CheckoutRequestID: checkoutRequestId,
    ResponseCode: "0",
    ResponseDescription: "Success. Request accepted for processing",
    CustomerMessage: "Success. Request accepted for processing",
  };
}

/** Documented: MpesaExpressQuery. Here the code is always a string. */
export function stkQueryAnswer(
  merchantRequestId: string,
  checkoutRequestId: string,
  code: string,
  description: string,
): Json {
  return {
    ResponseCode: "0",
    ResponseDescription: "The service request has been accepted successfully",
    MerchantRequestID: merchantRequestId,
    CheckoutRequestID: checkoutRequestId,
    ResultCode: code,
    ResultDesc: description,
  };
}

/** Documented: BusinessToCustomer (conversation first). */
export function payoutAcknowledgement(conversationId: string, originator: string): Json {
  return {
    ConversationID: conversationId,
    OriginatorConversationID: originator,
    ResponseCode: "0",
    ResponseDescription: "Accept the service request successfully.",
  };
}

/** Documented: TransactionStatus, AccountBalance, Reversal (originator first). */
export function inquiryAcknowledgement(conversationId: string, originator: string): Json {
  return {
    OriginatorConversationID: originator,
    ConversationID: conversationId,
    ResponseCode: "0",
    ResponseDescription: "Accept the service request successfully.",
  };
}

export type Conversation = {
  readonly conversationId: string;
  readonly originatorConversationId: string;
};

export type PayoutSuccess = {
  readonly amount: Fiat<"KES">;
  readonly receipt: string;
  readonly recipient: string;
  readonly recipientName: string;
  readonly at: number;
  readonly utilityCents: bigint;
  readonly workingCents: bigint;
  readonly chargesCents: bigint;
};

/** Documented: BusinessToCustomer. A failure has no parameters, but still a receipt-like TransactionID. */
export function payoutResult(
  conversation: Conversation,
  {
    code,
    description,
    receipt,
    success,
  }: {
    readonly code: string;
    readonly description: string;
    readonly receipt: string;
    readonly success: PayoutSuccess | null;
  },
): Json {
  const parameters =
    success === null
      ? undefined
      : {
          ResultParameter: [
            { Key: "TransactionAmount", Value: new WrittenNumber(wholeShillings(success.amount)) },
            { Key: "TransactionReceipt", Value: success.receipt },
            {
              Key: "ReceiverPartyPublicName",
              Value: `${success.recipient} - ${success.recipientName}`,
            },
            { Key: "TransactionCompletedDateTime", Value: dottedTime(success.at) },
            {
              Key: "B2CUtilityAccountAvailableFunds",
              Value: shillingsNumber(success.utilityCents),
            },
            {
              Key: "B2CWorkingAccountAvailableFunds",
              Value: shillingsNumber(success.workingCents),
            },
            { Key: "B2CRecipientIsRegisteredCustomer", Value: "Y" },
            {
              Key: "B2CChargesPaidAccountAvailableFunds",
              Value: shillingsNumber(success.chargesCents),
            },
          ],
        };
  return {
    Result: {
      ResultType: 0,
      ResultCode: codeInCallback(code),
      ResultDesc: description,
      OriginatorConversationID: conversation.originatorConversationId,
      ConversationID: conversation.conversationId,
      TransactionID: receipt,
      ResultParameters: parameters,
      ReferenceData: queueTimeoutReference("b2cresults"),
    },
  };
}

/** Assumed, because undocumented. Does not tell whether the payment was made. */
export function queueTimeout(conversation: Conversation, placeholder: string): Json {
  return {
    Result: {
      ResultType: 1,
      ResultCode: 1,
      ResultDesc: "The service request timed out in the queue.",
      OriginatorConversationID: conversation.originatorConversationId,
      ConversationID: conversation.conversationId,
      TransactionID: placeholder,
    },
  };
}

export type StatusParameters = {
  readonly debitParty: string;
  readonly creditParty: string;
  readonly originatorConversationId: string;
  readonly conversationId: string;
  readonly initiatedAt: number;
  readonly finalisedAt: number | null;
  readonly debitAccountType: string;
  readonly charges: string | null;
  readonly reasonType: string;
  readonly status: "Completed" | "Declined" | "Authorized";
  readonly amount: Fiat<"KES">;
  readonly receipt: string | null;
};

/**
 * Documented: TransactionStatus, with `DebitPartyName` twice, items without a value, and a placeholder TransactionID.
 * ResultCode 0 means that the query worked, not that money moved.
 */
export function transactionStatusResult(
  conversation: Conversation,
  placeholder: string,
  status: StatusParameters,
): Json {
  return {
    Result: {
      ConversationID: conversation.conversationId,
      OriginatorConversationID: conversation.originatorConversationId,
      ReferenceData: { ReferenceItem: { Key: "Occasion" } },
      ResultCode: 0,
      ResultDesc: "The service request is processed successfully.",
      ResultParameters: {
        ResultParameter: [
          { Key: "DebitPartyName", Value: status.debitParty },
          { Key: "DebitPartyName", Value: status.creditParty },
          { Key: "OriginatorConversationID", Value: status.originatorConversationId },
          { Key: "InitiatedTime", Value: compactTime(status.initiatedAt) },
          { Key: "DebitAccountType", Value: status.debitAccountType },
          { Key: "DebitPartyCharges", Value: status.charges ?? undefined },
          { Key: "TransactionReason" },
          { Key: "ReasonType", Value: status.reasonType },
          { Key: "TransactionStatus", Value: status.status },
          {
            Key: "FinalisedTime",
            Value: status.finalisedAt === null ? undefined : compactTime(status.finalisedAt),
          },
          { Key: "Amount", Value: wholeShillings(status.amount) },
          { Key: "ConversationID", Value: status.conversationId },
          { Key: "ReceiptNo", Value: status.receipt ?? undefined },
        ],
      },
      ResultType: 0,
      TransactionID: placeholder,
    },
  };
}

/** A failed status, balance or reversal request: no parameters (documented: Reversal; observed: status 2032). */
export function inquiryFailure(
  conversation: Conversation,
  placeholder: string,
  code: string,
  description: string,
  results: "transactionstatusresults" | "abresults" | "reversalresults",
): Json {
  return {
    Result: {
      ResultType: 0,
      ResultCode: codeInCallback(code),
      ResultDesc: description,
      OriginatorConversationID: conversation.originatorConversationId,
      ConversationID: conversation.conversationId,
      TransactionID: placeholder,
      ReferenceData: queueTimeoutReference(results),
    },
  };
}

export type BalanceLine = { readonly name: string; readonly cents: bigint };

/** Documented: AccountBalance. ResultType and ResultCode are strings here. */
export function accountBalanceResult(
  conversation: Conversation,
  placeholder: string,
  balances: readonly BalanceLine[],
  at: number,
): Json {
  const packed = balances
    .map(({ name, cents }) => {
      const balance = shillingsText(cents);
      return `${name}|KES|${balance}|${balance}|0.00|0.00`;
    })
    .join("&");
  return {
    Result: {
      ResultType: "0",
      ResultCode: "0",
      ResultDesc: "The service request is processed successfully",
      OriginatorConversationID: conversation.originatorConversationId,
      ConversationID: conversation.conversationId,
      TransactionID: placeholder,
      ResultParameters: {
        ResultParameter: [
          { Key: "AccountBalance", Value: packed },
          { Key: "BOCompletedTime", Value: compactTime(at) },
        ],
      },
      ReferenceData: queueTimeoutReference("abresults"),
    },
  };
}

/** Documented: Reversal. */
export function reversalResult(
  conversation: Conversation,
  reversal: {
    readonly receipt: string;
    readonly utilityCents: bigint;
    readonly amount: Fiat<"KES">;
    readonly at: number;
    readonly original: string;
    readonly creditParty: string;
    readonly debitParty: string;
  },
): Json {
  const utility = shillingsText(reversal.utilityCents);
  return {
    Result: {
      ResultType: 0,
      ResultCode: 0,
      ResultDesc: "The service request is processed successfully.",
      OriginatorConversationID: conversation.originatorConversationId,
      ConversationID: conversation.conversationId,
      TransactionID: reversal.receipt,
      ResultParameters: {
        ResultParameter: [
          {
            Key: "DebitAccountBalance",
            Value: `Utility Account|KES|${utility}|${utility}|0.00|0.00`,
          },
          { Key: "Amount", Value: shillingsNumber(reversal.amount) },
          { Key: "TransCompletedTime", Value: new WrittenNumber(compactTime(reversal.at)) },
          { Key: "OriginalTransactionID", Value: reversal.original },
          { Key: "Charge", Value: shillingsNumber(0n) },
          { Key: "CreditPartyPublicName", Value: reversal.creditParty },
          { Key: "DebitPartyPublicName", Value: reversal.debitParty },
        ],
      },
      ReferenceData: queueTimeoutReference("reversalresults"),
    },
  };
}

function queueTimeoutReference(results: string): Json {
  return {
    ReferenceItem: {
      Key: "QueueTimeoutURL",
      Value: `https://internalsandbox.safaricom.co.ke/mpesa/${results}/v1/submit`,
    },
  };
}

function wholeShillings(amount: Fiat<"KES">): string {
  return (amount / 100n).toString();
}
