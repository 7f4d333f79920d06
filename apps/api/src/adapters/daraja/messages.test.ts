import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { centsOf, parseRaw } from "../exact-json.ts";
import { nairobiTimestamp, readNairobiTime } from "./nairobi-time.ts";
import {
  promptAnswer,
  readBalanceResult,
  readPayoutResult,
  readPromptAnswer,
  readPromptCallback,
  readReversalResult,
  readStatusResult,
} from "./messages.ts";

/* Example bodies from the Daraja documentation. */
const paidCallback = `{"Body":{"stkCallback":{"MerchantRequestID":"29115-34620561-1",
  "CheckoutRequestID":"ws_CO_191220191020363925","ResultCode":0,
  "ResultDesc":"The service request is processed successfully.",
  "CallbackMetadata":{"Item":[{"Name":"Amount","Value":1.00},
  {"Name":"MpesaReceiptNumber","Value":"NLJ7RT61SV"},{"Name":"Balance"},
  {"Name":"TransactionDate","Value":20191219102115},{"Name":"PhoneNumber","Value":254708374149}]}}}}`;
const cancelledCallback = `{"Body":{"stkCallback":{"MerchantRequestID":"f1e2-4b95-a71d-b30d3cdbb7a7942864",
  "CheckoutRequestID":"ws_CO_21072024125243250722943992","ResultCode":1032,
  "ResultDesc":"Request cancelled by user"}}}`;
const payoutPaid = `{"Result":{"ResultType":0,"ResultCode":0,
  "ResultDesc":"The service request is processed successfully.",
  "OriginatorConversationID":"53e3-4aa8-9fe0-8fb5e4092cdd3533373",
  "ConversationID":"AG_20240706_2010364430d9bbdaf872","TransactionID":"SG632NMUAB",
  "ResultParameters":{"ResultParameter":[{"Key":"TransactionAmount","Value":10},
  {"Key":"TransactionReceipt","Value":"SG632NMUAB"},
  {"Key":"ReceiverPartyPublicName","Value":"254705912645 - NICHOLAS JOHN SONGOK"},
  {"Key":"TransactionCompletedDateTime","Value":"06.07.2024 22:48:52"},
  {"Key":"B2CUtilityAccountAvailableFunds","Value":8959269.60},
  {"Key":"B2CWorkingAccountAvailableFunds","Value":1199371.00},
  {"Key":"B2CRecipientIsRegisteredCustomer","Value":"Y"},
  {"Key":"B2CChargesPaidAccountAvailableFunds","Value":-1980.00}]},
  "ReferenceData":{"ReferenceItem":{"Key":"QueueTimeoutURL","Value":"https://internalsandbox.safaricom.co.ke/mpesa/b2cresults/v1/submit"}}}}`;
const payoutFailed = `{"Result":{"ResultType":0,"ResultCode":2001,
  "ResultDesc":"The initiator information is invalid.",
  "OriginatorConversationID":"53e3-4aa8-9fe0-8fb5e4092cdd3544366",
  "ConversationID":"AG_20240707_201062f6f6f5804f7a33","TransactionID":"SG722NMVXQ",
  "ReferenceData":{"ReferenceItem":{"Key":"QueueTimeoutURL","Value":"x"}}}}`;
const statusCompleted = `{"Result":{"ConversationID":"AG_20180223_0000493344ae97d86f75",
  "OriginatorConversationID":"3213-416199-2","ReferenceData":{"ReferenceItem":{"Key":"Occasion"}},
  "ResultCode":0,"ResultDesc":"The service request is processed successfully.",
  "ResultParameters":{"ResultParameter":[{"Key":"DebitPartyName","Value":"600310 - Safaricom333"},
  {"Key":"DebitPartyName","Value":"254708374149 - John Doe"},
  {"Key":"OriginatorConversationID","Value":"3211-416020-3"},
  {"Key":"InitiatedTime","Value":"20180223054112"},{"Key":"DebitAccountType","Value":"Utility Account"},
  {"Key":"DebitPartyCharges","Value":"Fee For B2C Payment|KES|22.40"},{"Key":"TransactionReason"},
  {"Key":"ReasonType","Value":"Business Payment to Customer via API"},
  {"Key":"TransactionStatus","Value":"Completed"},{"Key":"FinalisedTime","Value":"20180223054112"},
  {"Key":"Amount","Value":"300"},{"Key":"ConversationID","Value":"AG_20180223_000041b09c22e613d6c9"},
  {"Key":"ReceiptNo","Value":"MBN31H462N"}]},"ResultType":0,"TransactionID":"MBN0000000"}}`;
const balance = `{"Result":{"ResultType":"0","ResultCode":"0","ResultDesc":"ok",
  "OriginatorConversationID":"16917-22577599-3","ConversationID":"AG_20200206_00005e091a8ec6b9eac5",
  "TransactionID":"OA90000000","ResultParameters":{"ResultParameter":[{"Key":"AccountBalance",
  "Value":"Working Account|KES|700000.00|700000.00|0.00|0.00&Float Account|KES|0.00|0.00|0.00|0.00&Utility Account|KES|228037.00|228037.00|0.00|0.00&Charges Paid Account|KES|-1540.00|-1540.00|0.00|0.00&Organization Settlement Account|KES|0.00|0.00|0.00|0.00"},
  {"Key":"BOCompletedTime","Value":"20200109125710"}]}}}`;

const reversalMade = `{"Result":{"ResultType":0,"ResultCode":0,
  "ResultDesc":"The service request is processed successfully.",
  "OriginatorConversationID":"dad6-4c34-8787-c8cb963a496d1268232",
  "ConversationID":"AG_20211114_201018edbbf9f1582eaa","TransactionID":"SKE52PAWR9",
  "ResultParameters":{"ResultParameter":[
  {"Key":"DebitAccountBalance","Value":"Utility Account|KES|7722179.62|7722179.62|0.00|0.00"},
  {"Key":"Amount","Value":1.00},{"Key":"TransCompletedTime","Value":20211114132711},
  {"Key":"OriginalTransactionID","Value":"SKC82PACB8"},{"Key":"Charge","Value":0.00},
  {"Key":"CreditPartyPublicName","Value":"254705912645 - NICHOLAS JOHN SONGOK"},
  {"Key":"DebitPartyPublicName","Value":"600992 - Safaricom Daraja 992"}]},
  "ReferenceData":{"ReferenceItem":{"Key":"QueueTimeoutURL","Value":"x"}}}}`;
const reversalRefused = `{"Result":{"ResultType":0,"ResultCode":"R000002",
  "ResultDesc":"The OriginalTransactionID is invalid.",
  "OriginatorConversationID":"3124-481d-b706-10bdd6fbc8e21792398",
  "ConversationID":"AG_20211114_2010573069aefb6b625a","TransactionID":"SKE0000000",
  "ReferenceData":{"ReferenceItem":{"Key":"QueueTimeoutURL","Value":"x"}}}}`;

describe("a reversal's result", () => {
  test("of a reversal that was made has the receipt of the reversal itself", () => {
    expect(readReversalResult(reversalMade)).toEqual({
      conversationId: "AG_20211114_201018edbbf9f1582eaa",
      status: "succeeded",
      code: "0",
      amountKesCents: 100n,
      receipt: "SKE52PAWR9",
    });
  });

  test("of a refusal has no receipt", () => {
    expect(readReversalResult(reversalRefused)).toEqual({
      conversationId: "AG_20211114_2010573069aefb6b625a",
      status: "failed",
      code: "R000002",
      amountKesCents: null,
      receipt: null,
    });
  });

  test.each([
    ["R000001", "already_reversed"],
    ["1", "failed"],
    ["21", "failed"],
    ["17", "unknown"],
    ["R000009", "unknown"],
  ])("with code %s is %s", (code, status) => {
    expect(readReversalResult(reversalRefused.replace("R000002", code))).toMatchObject({ status });
  });

  test.each(["", "{}", "[]", '{"Result":[]}'])("is not %s", (text) => {
    expect(readReversalResult(text)).toBeNull();
  });
});

describe("an STK push callback", () => {
  test("of a success has the amount, receipt and payer", () => {
    expect(readPromptCallback(paidCallback)).toEqual({
      checkoutRequestId: "ws_CO_191220191020363925",
      succeeded: true,
      code: "0",
      amountKesCents: 100n,
      receipt: "NLJ7RT61SV",
      msisdn: "254708374149",
    });
  });

  test("of a failure has only its code", () => {
    expect(readPromptCallback(cancelledCallback)).toEqual({
      checkoutRequestId: "ws_CO_21072024125243250722943992",
      succeeded: false,
      code: "1032",
      amountKesCents: null,
      receipt: null,
      msisdn: null,
    });
  });

  test("is read with a text code, a masked phone number and a single item object", () => {
    const body = `{"Body":{"stkCallback":{"CheckoutRequestID":"x","ResultCode":"0",
      "CallbackMetadata":{"Item":{"Name":"PhoneNumber","Value":"2547 ***** 126"}}}}}`;
    expect(readPromptCallback(body)).toMatchObject({
      succeeded: true,
      msisdn: null,
      amountKesCents: null,
    });
  });

  test.each([
    "",
    "<html>",
    "null",
    "[]",
    "{}",
    `{"Body":{"stkCallback":null}}`,
    `{"Body":{"stkCallback":{"ResultCode":0}}}`,
  ])("is not read from the body %j", (body) => {
    expect(readPromptCallback(body)).toBeNull();
  });
});

describe("an STK push query", () => {
  test.each([
    ["0", "succeeded"],
    ["1032", "failed"],
    ["1", "failed"],
    ["2001", "failed"],
    ["SFC_IC0003", "failed"],
    ["1037", "unanswered"],
    ["1019", "unanswered"],
    ["4999", "pending"],
    ["500.001.1001", "pending"],
    // An undocumented code is not final.
    ["7777", "unlisted"],
  ] as const)("with the code %s is %s", (code, status) => {
    expect(promptAnswer(code).status).toBe(status);
  });

  test("is read with its code as text or as a number", () => {
    for (const code of [`"0"`, "0"]) {
      expect(readPromptAnswer(parseRaw(`{"ResponseCode":"0","ResultCode":${code}}`) ?? "")).toEqual(
        {
          status: "succeeded",
        },
      );
    }
  });
});

describe("a B2C result", () => {
  test("of a success has the amount, receipt and recipient", () => {
    expect(readPayoutResult(payoutPaid)).toEqual({
      conversationId: "AG_20240706_2010364430d9bbdaf872",
      originatorConversationId: "53e3-4aa8-9fe0-8fb5e4092cdd3533373",
      status: "succeeded",
      code: "0",
      amountKesCents: 1_000n,
      receipt: "SG632NMUAB",
      msisdn: "254705912645",
    });
  });

  test("of a failure has no receipt, although its TransactionID looks like one", () => {
    expect(readPayoutResult(payoutFailed)).toMatchObject({
      status: "failed",
      code: "2001",
      receipt: null,
      amountKesCents: null,
    });
  });

  test.each(["15", "17", "26", "1005", "9999999"])("with the code %s is unknown", (code) => {
    expect(readPayoutResult(`{"Result":{"ResultCode":${code},"ConversationID":"A"}}`)?.status).toBe(
      "unknown",
    );
  });
});

describe("a transaction status result", () => {
  test("has the status of the payment and the recipient from the second debit party", () => {
    expect(readStatusResult(statusCompleted)).toEqual({
      conversationId: "AG_20180223_0000493344ae97d86f75",
      status: "succeeded",
      code: "Completed",
      amountKesCents: 30_000n,
      receipt: "MBN31H462N",
      msisdn: "254708374149",
    });
  });

  test.each([
    ["Declined", "failed"],
    ["Cancelled", "failed"],
    ["Expired", "failed"],
    ["Authorized", "pending"],
    ["Initiated", "pending"],
    ["Pending something new", "unknown"],
    ["toString", "unknown"],
  ] as const)("with ResultCode 0 and the status %s is %s", (transactionStatus, status) => {
    expect(readStatusResult(statusCompleted.replace("Completed", transactionStatus))?.status).toBe(
      status,
    );
  });

  test("with ResultCode 0 and no status is unknown", () => {
    const body = `{"Result":{"ResultCode":0,"ConversationID":"A","TransactionID":"SG632NMUAB"}}`;
    expect(readStatusResult(body)).toMatchObject({ status: "unknown", receipt: null });
  });

  test("with another ResultCode is unknown, except for “not found”", () => {
    expect(readStatusResult(`{"Result":{"ResultCode":2001}}`)?.status).toBe("unknown");
    expect(readStatusResult(`{"Result":{"ResultCode":"SFC_IC0003"}}`)?.status).toBe("unknown");
    expect(readStatusResult(`{"Result":{"ResultCode":2032}}`)?.status).toBe("not_found");
  });
});

test("reads every account of a balance result to the cent, negative balances included", () => {
  expect(readBalanceResult(balance)).toEqual(
    new Map([
      ["Working Account", 70_000_000n],
      ["Float Account", 0n],
      ["Utility Account", 22_803_700n],
      ["Charges Paid Account", -154_000n],
      ["Organization Settlement Account", 0n],
    ]),
  );
});

describe("a callback as it was seen in public reports", () => {
  const paid = (phone: string, amount = "1") =>
    `{"Body":{"stkCallback":{"CheckoutRequestID":"ws_CO_1","ResultCode":0,"CallbackMetadata":{"Item":[
      {"Name":"Amount","Value":${amount}},{"Name":"MpesaReceiptNumber","Value":"TKU1AB2CD3"},
      {"Name":"PhoneNumber","Value":${phone}}]}}}}`;

  test.each([`"+254712345678"`, `"0712345678"`, `"712345678"`, `"254712345678"`, "254712345678"])(
    "with the number %s has the same number",
    (phone) => {
      expect(readPromptCallback(paid(phone))?.msisdn).toBe("254712345678");
    },
  );

  test.each([`"2547****5678"`, `"0712 ***678"`, `"ab12"`, `"12547123456789"`])(
    "with the number %s has none",
    (phone) => {
      expect(readPromptCallback(paid(phone))?.msisdn).toBeNull();
    },
  );

  test("with a grouped amount or a byte-order mark is read", () => {
    expect(readPromptCallback(paid("254712345678", `"1,000.00"`))?.amountKesCents).toBe(100_000n);
    expect(readPromptCallback(`\uFEFF${paid("254712345678")}`)?.succeeded).toBe(true);
  });
});

describe("a decimal amount", () => {
  test("is read from the text of the number without floating point", () => {
    expect(centsOf("8959269.60")).toBe(895_926_960n);
    expect(centsOf("90071992547409.93")).toBe(9_007_199_254_740_993n);
    expect(parseRaw(`{"a":90071992547409931234.93}`)).toEqual({ a: "90071992547409931234.93" });
  });

  test.each(["", "1,00", "-1", "1e3", "0x10", "1.234", "NaN", "1."])(
    "is refused when it is %j",
    (text) => {
      expect(centsOf(text)).toBeNull();
    },
  );
});

test("reading an arbitrary callback body never throws", () => {
  const pieces = fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .constantFrom(paidCallback, payoutPaid, statusCompleted, balance)
      .chain((body) =>
        fc
          .tuple(fc.nat(body.length), fc.nat(20), fc.string({ maxLength: 3 }))
          .map(
            ([at, removed, inserted]) => body.slice(0, at) + inserted + body.slice(at + removed),
          ),
      ),
  );
  fc.assert(
    fc.property(pieces, (body) => {
      for (const read of [
        readPromptCallback,
        readPayoutResult,
        readStatusResult,
        readBalanceResult,
      ])
        read(body);
    }),
    { numRuns: 500 },
  );
});

test("Daraja timestamps are in Nairobi time, UTC+3 all year", () => {
  expect(nairobiTimestamp(Date.UTC(2026, 11, 31, 22, 5, 9))).toBe("20270101010509");
  expect(readNairobiTime("20270101010509")).toBe(Date.UTC(2026, 11, 31, 22, 5, 9));
  expect(readNairobiTime("06.07.2024 22:48:52")).toBe(Date.UTC(2024, 6, 6, 19, 48, 52));
  expect(readNairobiTime("yesterday")).toBeNull();
});
