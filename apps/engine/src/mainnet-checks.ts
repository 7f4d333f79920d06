/** What decides whether real money may be entrusted to this set-up. */
export type SetUp = {
  readonly nowMs: number;
  readonly ldkVersion: string;
  readonly databaseUrl: string;
  /** Postgres's own `fsync`, `full_page_writes` and `synchronous_commit`. */
  readonly databaseSettings: Readonly<Record<string, string>>;
  /** When the state's backup was last restored in a drill, `YYYY-MM-DD`. */
  readonly backupTestedOn: string | undefined;
  readonly secretFiles: readonly {
    readonly name: string;
    readonly mode: number;
    readonly bytes: Uint8Array;
  }[];
};

/** The oldest LDK that carries the last published security fix. */
const leastLdk = [0, 2, 7] as const;
const longestSinceDrillDays = 92;
const dayMs = 86_400_000;

/** Why mainnet is refused; empty when it is not. Never holds a secret. */
export function mainnetRefusals(setUp: SetUp): readonly string[] {
  const reasons: string[] = [];
  if (isOlder(setUp.ldkVersion)) {
    reasons.push(`LDK ${setUp.ldkVersion} lacks published fixes: at least ${leastLdk.join(".")}`);
  }
  const database = new URL(setUp.databaseUrl);
  const local = ["127.0.0.1", "localhost", "[::1]", ""].includes(database.hostname);
  if (local && database.username === "satsconnect") {
    reasons.push("DATABASE_URL names the embedded development database");
  }
  for (const [name, value] of Object.entries(setUp.databaseSettings)) {
    if (value === "off" || value === "local") reasons.push(`Postgres runs with ${name} ${value}`);
  }
  for (const { name, mode, bytes } of setUp.secretFiles) {
    if ((mode & 0o077) !== 0) reasons.push(`${name} can be read by others`);
    if (new Set(bytes).size < 8) reasons.push(`${name} holds no random secret`);
  }
  const drill = Date.parse(setUp.backupTestedOn ?? "");
  if (Number.isNaN(drill) || drill > setUp.nowMs) {
    reasons.push(
      "BACKUP_TESTED_ON does not say when the state's backup was last restored in a drill",
    );
  } else if (setUp.nowMs - drill > longestSinceDrillDays * dayMs) {
    reasons.push(
      `the last drill of the state's backup is more than ${longestSinceDrillDays} days ago`,
    );
  }
  return reasons;
}

function isOlder(version: string): boolean {
  const numbers = version.split(".").map((part) => Number.parseInt(part, 10));
  for (const [index, least] of leastLdk.entries()) {
    const number = numbers[index] ?? Number.NaN;
    if (Number.isNaN(number) || number < least) return true;
    if (number > least) return false;
  }
  return version.includes("-");
}
