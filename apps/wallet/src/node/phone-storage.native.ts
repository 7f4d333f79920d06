import { deleteDatabaseAsync, openDatabaseAsync } from "expo-sqlite";
import { storage } from "../platform/storage";
import { openSqliteStorage } from "./sqlite-storage.ts";
import type { SqliteStorage } from "./sqlite-storage.ts";

const listKey = "satsconnect.places";
const fileOf = (walletId: string): string => `satsconnect-wallet-${walletId}.db`;

/** Opens a wallet's SQLite file; creates it where it does not exist. */
export async function openWalletFile(walletId: string): Promise<SqliteStorage> {
  const known = list();
  if (!known.includes(walletId)) storage.setItem(listKey, JSON.stringify([...known, walletId]));
  const database = await openDatabaseAsync(fileOf(walletId), { useNewConnection: true });
  return openSqliteStorage({
    exec: (text) => database.execAsync(text),
    run: async (text, values) => (await database.runAsync(text, [...values])).changes,
    all: (text, values) => database.getAllAsync<Record<string, unknown>>(text, [...values]),
    close: () => database.closeAsync(),
  });
}

export async function listWalletFiles(): Promise<readonly string[]> {
  return list();
}

export async function deleteWalletFile(walletId: string): Promise<void> {
  await deleteDatabaseAsync(fileOf(walletId));
  storage.setItem(listKey, JSON.stringify(list().filter((one) => one !== walletId)));
}

function list(): readonly string[] {
  return JSON.parse(storage.getItem(listKey) ?? "[]") as readonly string[];
}
