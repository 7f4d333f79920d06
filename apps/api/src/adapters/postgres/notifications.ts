import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Logger } from "../../app/logger.ts";

export type Notifications = { readonly stop: () => Promise<void> };

/**
 * Listens on a channel over its own connection, and reconnects when the connection is lost. Notifications sent while it
 * was disconnected are lost, so `onNotification` is also called without a payload after every connect; read the tables then.
 */
export function listen(
  connectionString: string,
  channel: string,
  onNotification: (payload: string | undefined) => void,
  log: Logger,
): Notifications {
  let stopped = false;
  let client: pg.Client | null = null;

  async function listenUntilLost(): Promise<void> {
    const connection = new pg.Client({
      connectionString,
      keepAlive: true,
      application_name: "satsconnect-api-listen",
    });
    client = connection;
    const lost = new Promise<void>((resolve) => {
      connection.once("error", () => resolve());
      connection.once("end", () => resolve());
    });
    try {
      await connection.connect();
      connection.on("notification", ({ payload }) => onNotification(payload));
      await connection.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      onNotification(undefined);
      await lost;
    } finally {
      client = null;
      await connection.end().catch(() => {});
    }
  }

  const running = (async () => {
    while (!stopped) {
      try {
        await listenUntilLost();
      } catch (error) {
        if (!stopped) log.warn({ error }, "listening for notifications failed; reconnecting");
      }
      if (!stopped) await sleep(500);
    }
  })();

  return {
    stop: async () => {
      stopped = true;
      await client?.end().catch(() => {});
      await running;
    },
  };
}
