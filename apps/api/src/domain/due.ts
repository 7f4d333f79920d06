import { backoff } from "./backoff.ts";
import type { LightningAttempt, Order } from "./order.ts";
import { orderTimes } from "./policy.ts";

/** Whether a step is due: its own time has come, or the state's deadline has passed. */
export function isDue(
  { deadlineAt }: Pick<Order, "deadlineAt">,
  dueAt: number,
  now: number,
): boolean {
  return now >= dueAt || now >= (deadlineAt ?? 0);
}

/** When to poll an outbound Lightning payment next. */
export function nextLightningPoll({ polls }: LightningAttempt, now: number): number {
  return now + backoff(orderTimes.lightningPollMinMs, orderTimes.lightningPollMaxMs, polls);
}
