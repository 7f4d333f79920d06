import type { WorkQueue } from "./work-queue.ts";
import type { ChangeNotifier } from "./change-notifier.ts";
import type { Clock } from "../shared/clock.ts";
import type { Entropy } from "../shared/entropy.ts";
import type { Database } from "../store/database.ts";

/** Everything that M-Pesa's rules need, and nothing of HTTP. */
export type World = {
  readonly database: Database;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly workQueue: WorkQueue;
  readonly changes: ChangeNotifier;
};
