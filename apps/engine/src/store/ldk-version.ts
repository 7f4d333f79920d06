import type { Queryable } from "@satsconnect/postgres";

/** @throws Error when a newer LDK than this one has written the node's state. */
export async function refuseOlderLdk(database: Queryable, version: string): Promise<void> {
  const { rows } = await database.query<{ version: string }>("SELECT version FROM ldk_version");
  const [newest] = rows;
  if (newest === undefined || compareVersions(version, newest.version) >= 0) return;
  throw new Error(
    `LDK ${newest.version} has written this database, and this engine has LDK ${version}. Start the newer engine.`,
  );
}

/** Records that this LDK writes the node's state. Call it with the lease, before the first commit. */
export async function recordLdk(database: Queryable, version: string): Promise<void> {
  await database.query(
    `INSERT INTO ldk_version (id, version) VALUES (1, $1)
     ON CONFLICT (id) DO UPDATE SET version = excluded.version, since = now()
       WHERE ldk_version.version <> excluded.version`,
    [version],
  );
}

function compareVersions(one: string, other: string): number {
  const numbers = (version: string): readonly number[] => version.split(".").map(Number);
  const others = numbers(other);
  const difference = numbers(one)
    .map((number, index) => number - (others[index] ?? 0))
    .find((step) => step !== 0);
  return difference ?? 0;
}
