import type { Database } from "@satsconnect/postgres";
import type { Clock } from "../../app/orders/ports.ts";

export type DatabaseClock = Required<Clock>;

/** A reading that took longer says too little about the time at which it was made. */
const maxRoundTripMs = 2_000;
const maxReadings = 5;

/**
 * The database's clock, between readings continued by a clock of this process that only runs forward. The process's own
 * date and time are never used, so they may be wrong.
 * @param read returns the database's time in UTC milliseconds.
 * @param elapsed returns milliseconds since any fixed moment.
 */
export async function createDatabaseClock(
  read: () => Promise<number>,
  elapsed: () => number = () => performance.now(),
): Promise<DatabaseClock> {
  let offset = 0;

  async function refresh(): Promise<void> {
    let bestRoundTrip = Infinity;
    for (let reading = 0; reading < maxReadings; reading += 1) {
      const before = elapsed();
      const time = await read();
      const roundTrip = elapsed() - before;
      if (roundTrip < bestRoundTrip) {
        bestRoundTrip = roundTrip;
        offset = time - (before + roundTrip / 2);
      }
      if (roundTrip <= maxRoundTripMs) return;
    }
  }

  await refresh();
  return { now: () => Math.round(offset + elapsed()), refresh };
}

export async function readDatabaseTime(database: Database): Promise<number> {
  const { rows } = await database.query<{ ms: string }>({
    name: "database_time",
    text: "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::numeric(20, 3)::text AS ms",
    values: [],
  });
  const ms = Number(rows[0]?.ms);
  if (!Number.isFinite(ms)) throw new Error("The database did not return its time");
  return ms;
}
