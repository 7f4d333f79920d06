import type { Random } from "./random.ts";

/*
 * Daraja's answers and callbacks as text, in every shape that was documented or observed: codes as numbers or as text,
 * amounts with and without decimals and separators, items without a value, single items as objects, repeated keys, members
 * in any order, and a byte-order mark. Only the meaning is the same each time.
 */

export type Reply = { readonly status: number; readonly text: string };

type Item = readonly [name: string, value?: string];

/** Marks text that is written without quotation marks: a number as Daraja spells it. */
const bare = (digits: string) => `<<${digits}>>`;

export function createWriter(random: Random) {
  function write(body: object): string {
    const text = JSON.stringify(body, null, random.chance(0.2) ? 2 : 0);
    const mark = random.chance(0.05) ? "\uFEFF" : "";
    return mark + text.replaceAll(/"<<([^">]*)>>"/g, "$1");
  }

  const number = (digits: string) => (random.chance(0.5) ? bare(digits) : digits);
  /** A code is a number if it can be one. */
  const code = (value: string) => (/^\d{1,4}$/.test(value) ? number(value) : value);

  function amount(cents: bigint): string {
    const whole = String(cents / 100n);
    const decimals = String(cents % 100n).padStart(2, "0");
    if (cents % 100n === 0n && random.chance(0.4)) return number(whole);
    if (random.chance(0.2)) {
      return `${whole.replaceAll(/(?<=\d)(?=(?:\d{3})+$)/g, ",")}.${decimals}`;
    }
    return number(`${whole}.${decimals}`);
  }

  function shuffled<Value>(values: readonly Value[]): Value[] {
    return values
      .map((value) => ({ value, order: random.next() }))
      .toSorted((left, right) => left.order - right.order)
      .map(({ value }) => value);
  }

  function itemList(keyName: "Key" | "Name", items: readonly Item[]): unknown {
    const list = items.map(([name, value]) =>
      value === undefined ? { [keyName]: name } : { [keyName]: name, Value: value },
    );
    return list.length === 1 && random.chance(0.5) ? list[0] : shuffled(list);
  }

  function inAnyOrder(members: object): object {
    return Object.fromEntries(shuffled(Object.entries(members)));
  }

  /** The result of a payout, a status query or a reversal. */
  function result(members: {
    readonly conversationId: string;
    readonly originatorConversationId?: string | undefined;
    readonly code: string;
    readonly transactionId: string;
    readonly parameters: readonly Item[];
  }): string {
    const { conversationId, originatorConversationId, transactionId, parameters } = members;
    return write({
      Result: inAnyOrder({
        ResultType: number("0"),
        ResultCode: code(members.code),
        ResultDesc: members.code === "0" ? "The service request is processed successfully." : "…",
        OriginatorConversationID: originatorConversationId ?? `16917-${random.hex(8)}-3`,
        ConversationID: conversationId,
        TransactionID: transactionId,
        ...(parameters.length === 0
          ? {}
          : { ResultParameters: { ResultParameter: itemList("Key", parameters) } }),
        ReferenceData: { ReferenceItem: itemList("Key", [["QueueTimeoutURL", "https://x.test"]]) },
      }),
    });
  }

  return {
    prompt: (callback: {
      readonly checkoutRequestId: string;
      readonly code: string;
      readonly paid: {
        readonly cents: bigint;
        readonly receipt: string;
        readonly msisdn: string;
      } | null;
    }): string => {
      const { paid, checkoutRequestId } = callback;
      const items: readonly Item[] =
        paid === null
          ? []
          : [
              ["Amount", amount(paid.cents)],
              ["MpesaReceiptNumber", paid.receipt],
              ["Balance"],
              ["TransactionDate", bare("20261123102115")],
              // Masked in some products, and missing in others.
              ...random.pick<readonly Item[]>([
                [["PhoneNumber", number(paid.msisdn)]],
                [["PhoneNumber", number(paid.msisdn)]],
                [["PhoneNumber", `2547******${paid.msisdn.slice(-3)}`]],
                [],
              ]),
            ];
      return write({
        Body: {
          stkCallback: inAnyOrder({
            MerchantRequestID: `29115-${random.hex(8)}-1`,
            CheckoutRequestID: checkoutRequestId,
            ResultCode: code(callback.code),
            ResultDesc: "…",
            ...(items.length === 0 ? {} : { CallbackMetadata: { Item: itemList("Name", items) } }),
          }),
        },
      });
    },

    payout: (payout: {
      readonly conversationId: string;
      readonly originatorConversationId: string;
      readonly code: string;
      readonly cents: bigint;
      readonly receipt: string;
      readonly msisdn: string;
    }): string =>
      result({
        ...payout,
        // A failure has one too, which looks like a receipt.
        transactionId: payout.receipt,
        parameters:
          payout.code !== "0"
            ? []
            : [
                ["TransactionAmount", amount(payout.cents)],
                ...(random.chance(0.8) ? [["TransactionReceipt", payout.receipt] as const] : []),
                ["ReceiverPartyPublicName", `${payout.msisdn} - AMINA - OTIENO`],
                ["TransactionCompletedDateTime", "06.07.2024 22:48:52"],
                ["B2CUtilityAccountAvailableFunds", bare("8959269.60")],
                ["B2CChargesPaidAccountAvailableFunds", bare("-1980.00")],
                ["B2CRecipientIsRegisteredCustomer", "Y"],
              ],
      }),

    status: (status: {
      readonly conversationId: string;
      readonly code: string;
      readonly text: string;
      readonly payout: {
        readonly cents: bigint;
        readonly receipt: string;
        readonly msisdn: string;
      } | null;
    }): string => {
      const { payout, text } = status;
      const party = `${payout?.msisdn ?? ""} - AMINA OTIENO`;
      return result({
        conversationId: status.conversationId,
        code: status.code,
        transactionId: "MBN0000000",
        parameters:
          status.code !== "0" || payout === null
            ? []
            : [
                ["DebitPartyName", "600310 - SatsConnect"],
                random.chance(0.5) ? ["CreditPartyName", party] : ["DebitPartyName", party],
                ["TransactionReason"],
                ["TransactionStatus", text],
                ["Amount", amount(payout.cents)],
                ["ReceiptNo", payout.receipt],
              ],
      });
    },

    reversal: (reversal: {
      readonly conversationId: string;
      readonly code: string;
      readonly cents: bigint;
      readonly receipt: string;
    }): string =>
      result({
        conversationId: reversal.conversationId,
        code: reversal.code,
        transactionId: reversal.receipt,
        parameters:
          reversal.code === "0"
            ? [
                ["Amount", amount(reversal.cents)],
                ["TransCompletedTime", bare("20211114132711")],
                ["Charge", bare("0.00")],
              ]
            : [],
      }),

    reply: (status: number, body: object): Reply => ({ status, text: write(body) }),
    accepted: (members: object): Reply => ({
      status: 200,
      text: write(
        inAnyOrder({
          ...members,
          ResponseCode: number("0"),
          ResponseDescription: "Accept the service request successfully.",
        }),
      ),
    }),
    queried: (checkoutRequestId: string, resultCode: string): Reply => ({
      status: 200,
      text: write(
        inAnyOrder({
          ResponseCode: "0",
          CheckoutRequestID: checkoutRequestId,
          ResultCode: code(resultCode),
          ResultDesc: "…",
        }),
      ),
    }),
    envelope: (status: number, errorCode: string, errorMessage: string): Reply => ({
      status,
      text: write(inAnyOrder({ requestId: `1c5b-${random.hex(6)}`, errorCode, errorMessage })),
    }),
    spikeArrest: (): Reply =>
      random.chance(0.5)
        ? {
            status: 500,
            text: write({ requestId: "1", errorCode: "500.003.02", errorMessage: "Spike Arrest" }),
          }
        : {
            status: 429,
            text: write({
              fault: {
                faultstring: "Spike arrest violation.",
                detail: { errorcode: "policies.ratelimit.SpikeArrestViolation" },
              },
            }),
          },
    tokenRefused: (): Reply =>
      random.pick([
        { status: 401, text: "" },
        { status: 401, text: "<html><body>Unauthorized</body></html>" },
        {
          status: 404,
          text: write({ errorCode: "404.001.03", errorMessage: "Invalid Access Token" }),
        },
        {
          status: 500,
          text: write({
            fault: {
              faultstring: "Access Token expired",
              detail: { errorcode: "keymanagement.service.access_token_expired" },
            },
          }),
        },
      ]),
    /** Proves nothing about the money. */
    unreadable: (): Reply =>
      random.pick([
        { status: 502, text: "<html><h1>502 Bad Gateway</h1></html>" },
        { status: 504, text: "" },
        { status: 200, text: "" },
        {
          status: 500,
          text: write({ errorCode: "500.003.1001", errorMessage: "Internal Server Error" }),
        },
      ]),
  };
}
