import type { Agenda } from "./agenda.ts";
import type { Changes } from "./changes.ts";
import type { Clock } from "./clock.ts";
import type { Entropy } from "./entropy.ts";
import type { Database } from "./store/database.ts";

/** Everything that M-Pesa's rules need, and nothing of HTTP. */
export type World = {
  readonly database: Database;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly agenda: Agenda;
  readonly changes: Changes;
};
