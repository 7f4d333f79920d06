import type { World } from "../world/world.ts";
import { integer, integerOrNull, text, textOrNull, word } from "../store/rows.ts";
import type { Row } from "../store/rows.ts";

const deliveryKinds = [
  "stk_callback",
  "payout_result",
  "payout_queue_timeout",
  "inquiry_result",
  "inquiry_queue_timeout",
] as const;
type DeliveryKind = (typeof deliveryKinds)[number];

const deliveryStates = ["waiting", "sending", "answered", "unanswered", "withheld"] as const;
type DeliveryState = (typeof deliveryStates)[number];

/** A callback to one of the caller's URLs: scheduled, being sent, finished, or withheld by a fault. */
export type Delivery = {
  readonly id: number;
  readonly kind: DeliveryKind;
  /** The CheckoutRequestID or ConversationID. */
  readonly subject: string;
  readonly shortcode: string;
  readonly url: string;
  readonly body: string;
  /** How a fault changed the callback, for the control page; empty without a fault. */
  readonly note: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly answerStatus: number | null;
  readonly answer: string | null;
  readonly createdAt: number;
  readonly sentAt: number | null;
  readonly endedAt: number | null;
};

export type NewDelivery = Pick<
  Delivery,
  "kind" | "subject" | "shortcode" | "url" | "body" | "note"
>;

/** Schedules a callback as part of the caller's transaction. */
export function scheduleDelivery(world: World, delivery: NewDelivery, dueAt: number): number {
  const id = insert(world, delivery, "waiting");
  world.workQueue.add(dueAt, "deliver", id.toString());
  return id;
}

/** Records a callback that a fault prevents from being sent. */
export function recordWithheldDelivery(world: World, delivery: NewDelivery): void {
  insert(world, delivery, "withheld");
}

function findDelivery(world: World, id: number): Delivery | undefined {
  const row = world.database.get("SELECT * FROM delivery WHERE id = ?", id);
  return row === undefined ? undefined : fromRow(row);
}

export function listDeliveries(world: World, limit: number): readonly Delivery[] {
  return world.database.all("SELECT * FROM delivery ORDER BY id DESC LIMIT ?", limit).map(fromRow);
}

export function deliveriesOf(world: World, subject: string): readonly Delivery[] {
  return world.database
    .all("SELECT * FROM delivery WHERE subject = ? ORDER BY id", subject)
    .map(fromRow);
}

/**
 * Marks a waiting callback as being sent, before its first byte is sent, so that it is sent again after a crash. Returns
 * undefined if the callback is not waiting.
 */
export function startDelivery(world: World, id: number): Delivery | undefined {
  const { changes } = world.database.run(
    "UPDATE delivery SET state = 'sending', attempts = attempts + 1, sent_at = ? WHERE id = ? AND state = 'waiting'",
    world.clock.now(),
    id,
  );
  return changes === 1 ? findDelivery(world, id) : undefined;
}

export type DeliveryAnswer = { readonly status: number | null; readonly body: string };

/** Records the answer, and schedules another attempt at `retryAt` unless it is null. */
export function endDelivery(
  world: World,
  id: number,
  { status, body }: DeliveryAnswer,
  retryAt: number | null,
): void {
  world.database.transaction(() => {
    world.database.run(
      "UPDATE delivery SET state = ?, answer_status = ?, answer = ?, ended_at = ? WHERE id = ?",
      retryAt === null ? (status === null ? "unanswered" : "answered") : "waiting",
      status,
      body.slice(0, 500),
      world.clock.now(),
      id,
    );
    if (retryAt !== null) world.workQueue.add(retryAt, "deliver", id.toString());
  });
  world.changes.notify("control", "change");
}

/** Reschedules callbacks that a crash interrupted, because they may not have arrived. @returns how many. */
export function resumeDeliveries(world: World): number {
  return world.database.transaction(() => {
    const rows = world.database.all("SELECT id FROM delivery WHERE state = 'sending'");
    for (const row of rows) {
      const id = integer(row, "id");
      world.database.run("UPDATE delivery SET state = 'waiting' WHERE id = ?", id);
      world.workQueue.add(world.clock.now(), "deliver", id.toString());
    }
    return rows.length;
  });
}

function insert(world: World, delivery: NewDelivery, state: DeliveryState): number {
  const { id } = world.database.run(
    `INSERT INTO delivery (kind, subject, shortcode, url, body, note, state, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    delivery.kind,
    delivery.subject,
    delivery.shortcode,
    delivery.url,
    delivery.body,
    delivery.note,
    state,
    world.clock.now(),
  );
  world.changes.notify("control", "change");
  return id;
}

function fromRow(row: Row): Delivery {
  return {
    id: integer(row, "id"),
    kind: word(row, "kind", deliveryKinds),
    subject: text(row, "subject"),
    shortcode: text(row, "shortcode"),
    url: text(row, "url"),
    body: text(row, "body"),
    note: text(row, "note"),
    state: word(row, "state", deliveryStates),
    attempts: integer(row, "attempts"),
    answerStatus: integerOrNull(row, "answer_status"),
    answer: textOrNull(row, "answer"),
    createdAt: integer(row, "created_at"),
    sentAt: integerOrNull(row, "sent_at"),
    endedAt: integerOrNull(row, "ended_at"),
  };
}
