import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import type { OrderKind } from "./order.ts";

/** The ways for shillings to enter and to leave. */
export const rails = ["mpesa_stk", "mpesa_b2c"] as const;
export type Rail = (typeof rails)[number];

/** The operator's stops. A stop refuses new business; orders in flight end as they would have. */
export type Stops = {
  readonly buys: boolean;
  readonly sells: boolean;
  readonly rails: ReadonlySet<Rail>;
  /** Wallet ids. */
  readonly wallets: ReadonlySet<string>;
  /** MSISDNs of 12 digits. */
  readonly phones: ReadonlySet<string>;
  /** A payout that M-Pesa may have received is not sent again, only queried. */
  readonly payoutResends: boolean;
};

export const noStops: Stops = {
  buys: false,
  sells: false,
  rails: new Set(),
  wallets: new Set(),
  phones: new Set(),
  payoutResends: false,
};

export type StopCode =
  | "buys_stopped"
  | "sells_stopped"
  | "rail_stopped"
  | "wallet_stopped"
  | "phone_stopped";

/** The rail on which an order's shillings enter, or leave. */
const railOf: Readonly<Record<OrderKind, Rail>> = { buy: "mpesa_stk", sell: "mpesa_b2c" };

/** Whether new business is allowed. Errors: all of `StopCode`, the one that a person can do least about first. */
export function checkStops(
  stops: Stops,
  { kind, walletId, msisdn }: Business,
): Result<null, StopCode> {
  if (stops.wallets.has(walletId)) {
    return err(
      "wallet_stopped",
      "Buying and selling is stopped for this wallet. Contact support.",
      "never",
    );
  }
  if (msisdn !== null && stops.phones.has(msisdn)) {
    return err(
      "phone_stopped",
      "Buying and selling is stopped for this phone number. Contact support.",
      "never",
    );
  }
  if (kind === "buy" && stops.buys) {
    return err("buys_stopped", "Buying is paused right now. Try again later.", "safe");
  }
  if (kind === "sell" && stops.sells) {
    return err("sells_stopped", "Selling is paused right now. Try again later.", "safe");
  }
  return stops.rails.has(railOf[kind])
    ? err("rail_stopped", "M-Pesa is paused right now. Try again later.", "safe")
    : ok(null);
}

export type Business = {
  readonly kind: OrderKind;
  readonly walletId: string;
  /** The phone that pays or is paid; null while it is not known. */
  readonly msisdn: string | null;
};

const stopCodes: ReadonlySet<string> = new Set<StopCode>([
  "buys_stopped",
  "sells_stopped",
  "rail_stopped",
  "wallet_stopped",
  "phone_stopped",
]);

/** The reason of an order whose rail refused it: our own code for a stop, M-Pesa's with `mpesa_` before it otherwise. */
export function railFailureReason(code: string): string {
  return stopCodes.has(code) ? code : `mpesa_${code}`;
}
