import { deleteDatabaseAsync, openDatabaseAsync } from "expo-sqlite";
import { storage } from "../platform/storage";
import { openSqlPlace } from "./sqlite-storage.ts";
import type { SqlPlace } from "./sqlite-storage.ts";

const listKey = "satsconnect.places";
const fileOf = (walletId: string): string => `satsconnect-wallet-${walletId}.db`;

/** The place of a wallet in a file of its own; made where it is not there yet. */
export async function openPlaceFile(walletId: string): Promise<SqlPlace> {
  const known = list();
  if (!known.includes(walletId)) storage.setItem(listKey, JSON.stringify([...known, walletId]));
  const database = await openDatabaseAsync(fileOf(walletId), { useNewConnection: true });
  return openSqlPlace({
    exec: (text) => database.execAsync(text),
    run: async (text, values) => (await database.runAsync(text, [...values])).changes,
    all: (text, values) => database.getAllAsync<Record<string, unknown>>(text, [...values]),
    close: () => database.closeAsync(),
  });
}

export async function listPlaceFiles(): Promise<readonly string[]> {
  return list();
}

export async function deletePlaceFile(walletId: string): Promise<void> {
  await deleteDatabaseAsync(fileOf(walletId));
  storage.setItem(listKey, JSON.stringify(list().filter((one) => one !== walletId)));
}

function list(): readonly string[] {
  return JSON.parse(storage.getItem(listKey) ?? "[]") as readonly string[];
}
