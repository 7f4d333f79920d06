import { utf8ToBytes } from "@noble/hashes/utils.js";
import { utf8ToText } from "../encoding/bytes.ts";
import type { NodeEvent } from "./events.ts";
import type { Payment } from "./payment.ts";

/**
 * Fields whose stored name differs from the one in the code. Stored names never change: they are in every backup.
 */
const storedNames = { maxFeeMsat: "feeLimitMsat" } as const;

/**
 * Encodes a record as JSON. Amounts become decimal strings: `decodeRow` reads every field whose name ends in `Msat` or
 * `Sat` back as a bigint.
 */
export function encodeJson(value: unknown): Uint8Array {
  return utf8ToBytes(
    JSON.stringify(value, (_, field: unknown) =>
      typeof field === "bigint" ? field.toString() : field,
    ),
  );
}

export function encodePayment(payment: Payment): Uint8Array {
  return encodeJson(withStoredNames(payment));
}

export function encodeEvent(event: NodeEvent): Uint8Array {
  return encodeJson(
    event.type === "payment" ? { ...event, payment: withStoredNames(event.payment) } : event,
  );
}

/** Reads what `encodePayment` wrote. The shape is not validated: only this package writes these rows. */
export function decodePayment(bytes: Uint8Array): Payment {
  return withCodeNames(decodeJson(bytes) as Payment);
}

/** Reads what `encodeEvent` wrote. The shape is not validated. */
export function decodeEvent(bytes: Uint8Array): NodeEvent {
  const event = decodeJson(bytes) as NodeEvent;
  return event.type === "payment" ? { ...event, payment: withCodeNames(event.payment) } : event;
}

/** Reads what `encodeJson` wrote. The caller casts the result to the type it stored under that key. */
export function decodeRow(bytes: Uint8Array): unknown {
  return decodeJson(bytes);
}

function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(utf8ToText(bytes), (key, field: unknown) =>
    typeof field === "string" && /(?:Msat|Sat)$/.test(key) ? BigInt(field) : field,
  );
}

/** Keeps the order of the fields, so that the same record is always the same bytes. */
function withStoredNames(payment: Payment): unknown {
  return renamed(payment, (name) => (name === "maxFeeMsat" ? storedNames.maxFeeMsat : name));
}

function withCodeNames(payment: Payment): Payment {
  return renamed(payment, (name) =>
    name === storedNames.maxFeeMsat ? "maxFeeMsat" : name,
  ) as Payment;
}

function renamed(record: object, rename: (name: string) => string): unknown {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]: [string, unknown]) => [rename(name), value]),
  );
}
