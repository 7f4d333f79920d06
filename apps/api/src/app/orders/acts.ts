import type { Result } from "@satsconnect/money";
import type { OperatorAct, PossibleAct } from "../../domain/acts/act.ts";
import type { Order } from "../../domain/order.ts";
import type { InvoiceRefusal } from "./own-invoice.ts";

export type ActRequest = {
  readonly orderId: string;
  /** A UUID chosen before the first attempt. Repeating the request with it does nothing more. */
  readonly actId: string;
  readonly act: OperatorAct;
  /** The operator's name, for the order's record. */
  readonly by: string;
  /** The version of the order that the operator saw; if it has changed since, the act is refused. Null: do not compare. */
  readonly seenVersion: number | null;
};

export type ActRefusal =
  | "order_not_found"
  /** The act is wrong in the order's state; the message says why. */
  | "act_not_possible"
  /** The order is no longer at `seenVersion`. */
  | "order_changed"
  /** `actId` was used for another act. */
  | "act_id_used"
  /** The receipt belongs to another order. */
  | "receipt_used"
  | "float_exhausted"
  | InvoiceRefusal;

/** The operator's acts on one order. Part of `Orders`. */
export type OrderActs = {
  /** The acts that are possible now, each with exactly the journals that it will book. Null: there is no such order. */
  readonly possibleActs: (orderId: string) => Promise<readonly PossibleAct[] | null>;
  /** Previews one act as `act` would decide it now. Stores nothing. */
  readonly previewAct: (
    request: Pick<ActRequest, "orderId" | "act">,
  ) => Promise<Result<PossibleAct, ActRefusal>>;
  /** Decides the act and stores it with its journals in one transaction; once for each `actId`. */
  readonly act: (request: ActRequest) => Promise<Result<Order, ActRefusal>>;
};
