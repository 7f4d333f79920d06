import type { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** Shared by all parts of a simulated world. */
export type World = {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly trace: (line: string) => void;
};

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
