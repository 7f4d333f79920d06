import type { WorkQueue } from "./work-queue.ts";
import type { ChangeNotifier } from "./change-notifier.ts";
import type { Clock } from "../shared/clock.ts";
import type { Entropy } from "../shared/entropy.ts";
import type { Database } from "../store/database.ts";

/** The simulated world that M-Pesa's rules act on: state, time, randomness and scheduled work. */
export type World = {
  readonly database: Database;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly workQueue: WorkQueue;
  readonly changes: ChangeNotifier;
};
