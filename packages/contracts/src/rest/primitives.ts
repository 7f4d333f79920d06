import { amountPattern, maxFiat, maxMsat, maxSat } from "@satsconnect/money";
import { z } from "zod";
import { maxPhoneTextLength, normalizeMsisdn } from "./msisdn.ts";

/** Schemas registered here become named components of the OpenAPI document. */
export const components = z.registry<{
  id: string;
  description?: string;
  examples?: readonly unknown[];
  /** JSON Schema equivalent of a refinement, which cannot be derived. */
  pattern?: string;
  oneOf?: readonly { readonly required: readonly string[] }[];
}>();

function amount(id: string, maximum: bigint, description: string, example: string) {
  return z
    .string()
    .regex(amountPattern, {
      error: "An amount must be a string of digits without sign, decimal point or leading zero.",
    })
    .refine((text) => !amountPattern.test(text) || BigInt(text) <= maximum, {
      error: `The amount must be at most ${maximum}.`,
    })
    .register(components, { id, description, examples: [example] });
}

export const msatText = amount(
  "AmountMsat",
  maxMsat,
  "Amount in millisatoshis (1/1000 satoshi), as a decimal string.",
  "9221195",
);
export const satText = amount(
  "AmountSat",
  maxSat,
  "Amount in satoshis, as a decimal string.",
  "25000",
);
export const kesCentsText = amount(
  "AmountKesCents",
  maxFiat,
  "Amount in cents of a Kenyan shilling, as a decimal string: KES 1,000 is “100000”.",
  "100000",
);
/** An amount greater than zero. */
export const positiveMsatText = msatText.refine((text) => text !== "0", {
  error: "The amount must be more than zero.",
});

export const rateText = z
  .string()
  .regex(/^\d{1,15}\.\d{2}$/)
  .register(components, {
    id: "Rate",
    description: "Price of one bitcoin in Kenyan shillings.",
    examples: ["10844580.90"],
  });

export const timestamp = z.iso.datetime().register(components, {
  id: "Timestamp",
  description: "UTC, RFC 3339.",
  examples: ["2026-11-23T09:15:00.000Z"],
});

export const uuid = z.uuid().register(components, {
  id: "Id",
  description: "A UUID.",
  examples: ["019ab0d5-7d3c-7cc2-9d31-2f0e5d8c1a11"],
});

export const nodeIdText = z
  .string()
  .regex(/^0[23][0-9a-f]{64}$/)
  .register(components, {
    id: "NodeId",
    description: "Compressed public key of a Lightning node, lower-case hex.",
    examples: ["02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619"],
  });

export const paymentHashText = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .register(components, {
    id: "PaymentHash",
    description: "Lightning payment hash, lower-case hex.",
    examples: ["0001020304050607080900010203040506070809000102030405060708090102"],
  });

/** Checks the characters only. The use cases decode the invoice and return more precise problems. */
export const invoiceText = z
  .string()
  .min(20)
  .max(4_000)
  .regex(/^[A-Za-z0-9]+$/, { error: "A BOLT11 invoice consists of letters and digits only." })
  .register(components, {
    id: "Invoice",
    description: "A BOLT11 invoice.",
    examples: ["lnbcrt10u1p5h8m5tpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypq"],
  });

export const msisdnText = z
  .string()
  .max(maxPhoneTextLength)
  .refine((text) => normalizeMsisdn(text).ok, {
    error: "This is not a Kenyan mobile number. Write it like 0712 345 678 or +254712345678.",
    params: { code: "msisdn_invalid" },
  })
  .register(components, {
    id: "Msisdn",
    description:
      "A Kenyan mobile number as people write it: 0712345678, 254712345678, +254 (0)712-345-678. Separators, invisible characters and a name beside it are ignored; a text with another number in it is refused.",
    examples: ["0712 345 678"],
  });

export const maskedMsisdnText = z.string().register(components, {
  id: "MaskedMsisdn",
  description: "A mobile number with its middle hidden.",
  examples: ["2547•••••678"],
});

/**
 * A line of text of at most `max` UTF-16 code units. Refuses control characters and lone surrogates: PostgreSQL cannot
 * store a NUL, and the others cannot be displayed.
 */
export const lineText = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^(?:[ -~\u00A0-\uD7FF\uE000-\uFFFD]|[\uD800-\uDBFF][\uDC00-\uDFFF])*$/, {
      error:
        "The text has characters that cannot be displayed. Use one line without control characters.",
    });

export const idempotencyKeyPattern = /^[A-Za-z0-9_.:-]{8,100}$/;

/** Query parameters of every list. */
export const pageQuery = {
  limit: z.coerce
    .number<string | number>()
    .int()
    .min(1)
    .max(100)
    .default(20)
    .describe("Maximum number of entries to return."),
  cursor: z
    .string()
    .max(200)
    .regex(/^[A-Za-z0-9_-]+$/)
    .optional()
    .describe("`nextCursor` of the previous page."),
} as const;

export const nextCursor = z
  .string()
  .nullable()
  .describe("Pass it as `cursor` to get the next page; null on the last page.");
