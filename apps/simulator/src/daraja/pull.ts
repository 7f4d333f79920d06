import { parseNairobiTime } from "@satsconnect/money";
import { findCustomer, fullName } from "../mpesa/customers.ts";
import { gatewayId } from "../mpesa/ids.ts";
import type { Payment } from "../mpesa/payments.ts";
import { findShortcode } from "../mpesa/shortcodes.ts";
import { customerPayments } from "../mpesa/statement.ts";
import { shillingsText } from "../shared/json.ts";
import type { Json } from "../shared/json.ts";
import { readValue, writeValue } from "../world/settings.ts";
import type { World } from "../world/world.ts";
import { errorAnswer, jsonAnswer } from "./answers.ts";
import { textOf } from "./fields.ts";
import type { Handled, Request } from "./handlers.ts";

/*
 * Pull Transactions (documented: PullTransaction): what customers paid into a shortcode in the last 48 hours, for those
 * whose callbacks were lost. Its codes and its error for an unknown shortcode are its own.
 */

/** M-Pesa keeps transactions this long for Pull Transactions (documented). */
const keptMs = 48 * 3_600_000;
/** Rows in one answer (documented by the offset's example: 100). */
const rowsAtOnce = 100;

/** `/pulltransactions/v1/register` and `/pulltransactions/v1/query`. */
export function handlePull(request: Request): Handled {
  return request.path.endsWith("/register") ? register(request) : query(request);
}

function register({ world, body }: Request): Handled {
  const shortcode = textOf(body, "ShortCode");
  const number = textOf(body, "NominatedNumber");
  if (
    findShortcode(world.database, shortcode) === undefined ||
    textOf(body, "RequestType") !== "Pull" ||
    !/^(?:254|0)[17]\d{8}$/.test(number) ||
    !URL.canParse(textOf(body, "CallBackURL"))
  ) {
    return {
      answer: errorAnswer(world.entropy, 400, "400.001", "Invalid ShortCode"),
      subject: null,
    };
  }
  const name = `pull:${shortcode}`;
  const isNew = readValue(world.database, name) === undefined;
  if (isNew) writeValue(world.database, name, number);
  const reference = gatewayId(world.entropy);
  return {
    subject: reference,
    answer: jsonAnswer(200, {
      ResponseRefID: reference,
      ResponseStatus: isNew ? "1000" : "1001",
      ShortCode: shortcode,
      ResponseDescription: isNew
        ? "Shortcode Registered Successfully"
        : "ShortCode already Registered",
    }),
  };
}

function query({ world, body, plan }: Request): Handled {
  const { database, clock, entropy } = world;
  const shortcode = textOf(body, "ShortCode");
  if (readValue(database, `pull:${shortcode}`) === undefined) {
    return { answer: errorAnswer(entropy, 400, "400.001", "Invalid ShortCode"), subject: null };
  }
  const from = timeOf(textOf(body, "StartDate"));
  const to = timeOf(textOf(body, "EndDate"));
  const offset = Number(textOf(body, "OffSetValue"));
  if (from === null || to === null || !Number.isSafeInteger(offset) || offset < 0 || to < from) {
    return {
      answer: errorAnswer(entropy, 400, "400.002.02", "Bad Request - Invalid StartDate"),
      subject: null,
    };
  }
  const { copies, extraDelayMs, alteration } = plan.delivery;
  const payments = customerPayments(database, shortcode, {
    from: Math.max(from, clock.now() - keptMs),
    // Lines that appear late are known, but not listed yet.
    to: Math.min(to, clock.now() - extraDelayMs),
  });
  const organisation = findShortcode(database, shortcode)?.name ?? "";
  const rows = payments.flatMap((payment) => {
    const row = lineOf(world, payment, organisation, alteration === "masked_phone");
    return Array.from({ length: Math.max(1, copies) }, () => row);
  });
  const ordered = alteration === "reordered" ? rows.toReversed() : rows;
  const page = ordered.slice(offset, offset + rowsAtOnce);
  const reference = gatewayId(entropy);
  return {
    subject: reference,
    answer: jsonAnswer(200, {
      ResponseRefID: reference,
      ResponseCode: page.length === 0 ? "1001" : "1000",
      ResponseMessage: page.length === 0 ? "No transactions available" : "Success",
      Response: [page],
    }),
  };
}

function lineOf(
  { database }: World,
  payment: Payment,
  organisation: string,
  masked: boolean,
): Json {
  const msisdn = payment.debitAccount.split(":")[1] ?? "";
  const customer = findCustomer(database, msisdn);
  return {
    transactionId: payment.receipt,
    // To the second, with Z (documented).
    trxDate: `${new Date(payment.finalisedAt).toISOString().slice(0, 19)}Z`,
    msisdn: masked ? `2547 ***** ${msisdn.slice(-3)}` : Number(msisdn.slice(3)),
    sender: customer === undefined ? "" : fullName(customer),
    transactiontype: "c2b-pay-bill-debit",
    billreference: payment.reference,
    amount: shillingsText(payment.amount),
    organizationname: organisation,
  };
}

/** `2020-08-04 8:36:00` or `2019-07-31 19:00`, in Nairobi (documented: both). */
function timeOf(text: string): number | null {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{1,2}):(\d{2})(?::(\d{2,3}))?$/.exec(text);
  if (match === null) return null;
  const [, day = "", hour = "", minute = "", second = "00"] = match;
  const at = parseNairobiTime(`${day}T${hour.padStart(2, "0")}:${minute}:${second.slice(0, 2)}`);
  return Number.isNaN(at) ? null : at;
}
