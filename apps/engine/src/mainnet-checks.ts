import { ldkRefusals } from "./ldk-review.ts";
import { maxDaysSinceDrill } from "./policy.ts";

/** The facts that decide whether this deployment may hold real money. */
export type Deployment = {
  readonly nowMs: number;
  readonly ldkVersion: string;
  /** When the operator last compared LDK with its releases, `YYYY-MM-DD`. */
  readonly ldkReviewedOn: string | undefined;
  readonly databaseUrl: string;
  /** Postgres's settings `fsync`, `full_page_writes` and `synchronous_commit`. */
  readonly databaseSettings: Readonly<Record<string, string>>;
  /** Date of the last restore drill of the database backup, `YYYY-MM-DD`. */
  readonly backupTestedOn: string | undefined;
  readonly secrets: readonly { readonly name: string; readonly bytes: Uint8Array }[];
};

const dayMs = 86_400_000;

/** The reasons for refusing to run on mainnet; empty when there are none. They never contain a secret. */
export function mainnetRefusals(deployment: Deployment): readonly string[] {
  const reasons = [
    ...ldkRefusals(deployment.ldkVersion, deployment.nowMs, deployment.ldkReviewedOn),
  ];
  const database = new URL(deployment.databaseUrl);
  const local = ["127.0.0.1", "localhost", "[::1]", ""].includes(database.hostname);
  if (local && database.username === "satsconnect") {
    reasons.push("DATABASE_URL names the embedded development database");
  }
  for (const [name, value] of Object.entries(deployment.databaseSettings)) {
    if (value === "off" || value === "local") reasons.push(`Postgres runs with ${name} ${value}`);
  }
  for (const { name, bytes } of deployment.secrets) {
    if (new Set(bytes).size < 8) reasons.push(`${name} does not contain a random secret`);
  }
  const drill = Date.parse(deployment.backupTestedOn ?? "");
  if (Number.isNaN(drill) || drill > deployment.nowMs) {
    reasons.push("BACKUP_TESTED_ON must be the date of the last restore drill of the backup");
  } else if (deployment.nowMs - drill > maxDaysSinceDrill * dayMs) {
    reasons.push(
      `the last restore drill of the backup is more than ${maxDaysSinceDrill} days ago; repeat it`,
    );
  }
  return reasons;
}
