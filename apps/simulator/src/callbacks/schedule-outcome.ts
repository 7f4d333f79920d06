import { scheduleDelivery, recordWithheldDelivery } from "./deliveries.ts";
import type { NewDelivery } from "./deliveries.ts";
import type { Plan } from "../faults/plan.ts";
import type { World } from "../world/world.ts";

/** Schedules the callback with a request's result, with the number of copies and the delay of its plan. */
export function scheduleOutcome(
  world: World,
  plan: Plan,
  delivery: Omit<NewDelivery, "note">,
  delayMs: number,
): void {
  const { copies, extraDelayMs, alteration } = plan.delivery;
  if (copies === 0) {
    recordWithheldDelivery(world, { ...delivery, note: "withheld by a fault" });
    return;
  }
  const dueAt = world.clock.now() + delayMs + extraDelayMs;
  for (let copy = 1; copy <= copies; copy += 1) {
    const note = [
      alteration === null ? "" : `altered: ${alteration}`,
      copies === 1 ? "" : `copy ${copy} of ${copies}`,
      extraDelayMs === 0 ? "" : `${extraDelayMs / 1000} s late`,
    ];
    scheduleDelivery(
      world,
      { ...delivery, note: note.filter((part) => part !== "").join(", ") },
      dueAt,
    );
  }
}
