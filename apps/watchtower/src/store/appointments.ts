import type { AppointmentsAdd } from "@satsconnect/contracts/watchtower";
import { err, ok } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";
import { justicePolicy } from "../policy.ts";
import type { Database } from "./database.ts";

export type StoredAppointment = { readonly id: number; readonly blob: Uint8Array };

/** Encrypted justice transactions, found by the locator of the transaction that they punish. */
export type Appointments = {
  /**
   * Stores what is new. A locator that the wallet has used is ignored. Errors: `tower_quota_used`; nothing was stored.
   * @param height of the last block searched
   */
  readonly add: (
    key: string,
    request: AppointmentsAdd,
    height: number,
  ) => Result<readonly NewAppointment[], "tower_quota_used">;
  /** The number of a wallet's appointments. */
  readonly count: (key: string) => number;
  readonly find: (locator: Uint8Array) => readonly StoredAppointment[];
  /** Deletes the appointments of channels that were closed long before this height. */
  readonly forgetClosed: (height: number) => void;
};

export type NewAppointment = StoredAppointment & { readonly locator: string };

export type AppointmentLimits = {
  /** Bytes of all blobs of one wallet. */
  readonly perWalletBytes: number;
  readonly totalBytes: number;
};

export function openAppointments({ use }: Database, limits: AppointmentLimits): Appointments {
  // kept in memory: adding up the rows takes longer the more there are
  let totalBytes = Number(
    use(`SELECT coalesce(sum("bytes"), 0) AS n FROM appointment_usage`).get()?.["n"],
  );
  const usageOf = (key: string) => {
    const row = use(`SELECT "appointments", "bytes" FROM appointment_usage WHERE "key" = ?`).get(
      key,
    );
    return { appointments: Number(row?.["appointments"] ?? 0), bytes: Number(row?.["bytes"] ?? 0) };
  };
  function changeUsage(key: string, appointments: number, bytes: number): void {
    use(
      `INSERT INTO appointment_usage VALUES (?, ?, ?) ON CONFLICT ("key") DO UPDATE
       SET "appointments" = "appointments" + excluded."appointments", "bytes" = "bytes" + excluded."bytes"`,
    ).run(key, appointments, bytes);
    totalBytes += bytes;
  }

  return {
    add(key, { appointments, closed }, height) {
      const decoded = appointments.map(({ channel, locator, blob }) => ({
        channel: Buffer.from(channel, "hex"),
        locator,
        locatorBytes: Buffer.from(locator, "hex"),
        blob: Buffer.from(blob, "base64"),
      }));
      const fresh = decoded.filter(
        ({ locatorBytes }) =>
          use(`SELECT 1 FROM appointments WHERE "locator" = ? AND "key" = ?`).get(
            locatorBytes,
            key,
          ) === undefined,
      );
      const bytes = fresh.reduce((sum, { blob }) => sum + blob.length, 0);
      if (
        usageOf(key).bytes + bytes > limits.perWalletBytes ||
        totalBytes + bytes > limits.totalBytes
      )
        return err("tower_quota_used", "The watchtower has no room left for this wallet.", "safe");
      const added = fresh.flatMap(({ channel, locator, locatorBytes, blob }) => {
        const { changes, lastInsertRowid } = use(
          `INSERT OR IGNORE INTO appointments ("key", "channel", "locator", "blob") VALUES (?, ?, ?, ?)`,
        ).run(key, channel, locatorBytes, blob);
        if (changes === 0) return [];
        changeUsage(key, 1, blob.length);
        return [{ id: Number(lastInsertRowid), locator, blob: new Uint8Array(blob) }];
      });
      for (const channel of closed)
        use(`INSERT OR IGNORE INTO closed_channels VALUES (?, ?, ?)`).run(
          key,
          Buffer.from(channel, "hex"),
          height,
        );
      return ok(added);
    },
    count: (key) => usageOf(key).appointments,
    find: (locator) =>
      use(`SELECT "id", "blob" FROM appointments WHERE "locator" = ?`)
        .all(locator)
        .map((row) => ({ id: Number(row["id"]), blob: row["blob"] as Uint8Array })),
    forgetClosed(height) {
      const due = use(`SELECT "key", "channel" FROM closed_channels WHERE "height" <= ?`).all(
        height - justicePolicy.closedChannelBlocks,
      );
      for (const row of due) {
        const [key, channel] = [String(row["key"]), row["channel"] as Uint8Array];
        const sums = use(
          `SELECT count(*) AS n, coalesce(sum(length("blob")), 0) AS bytes FROM appointments
           WHERE "key" = ? AND "channel" = ?`,
        ).get(key, channel);
        use(`DELETE FROM appointments WHERE "key" = ? AND "channel" = ?`).run(key, channel);
        use(`DELETE FROM closed_channels WHERE "key" = ? AND "channel" = ?`).run(key, channel);
        changeUsage(key, -Number(sums?.["n"]), -Number(sums?.["bytes"]));
      }
    },
  };
}
