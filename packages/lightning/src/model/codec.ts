import { fromUtf8, utf8 } from "../core/bytes.ts";
import type { NodeEvent } from "./events.ts";
import type { Payment } from "./payment.ts";

/**
 * Records and events are stored as JSON; amounts are decimal strings, and every field that ends in `Msat` or `Sat` is
 * an amount.
 */
export function encodeJson(value: unknown): Uint8Array {
  return utf8(
    JSON.stringify(value, (_, field: unknown) =>
      typeof field === "bigint" ? field.toString() : field,
    ),
  );
}

function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(fromUtf8(bytes), (key, field: unknown) =>
    typeof field === "string" && /(?:Msat|Sat)$/.test(key) ? BigInt(field) : field,
  );
}

/** The store gives back what this package wrote: its form is not checked again. */
export function decodePayment(bytes: Uint8Array): Payment {
  return decodeJson(bytes) as Payment;
}

export function decodeEvent(bytes: Uint8Array): NodeEvent {
  return decodeJson(bytes) as NodeEvent;
}

/** As above, for small rows of the host's own: the caller says what it wrote there. */
export function decodeRow(bytes: Uint8Array): unknown {
  return decodeJson(bytes);
}
