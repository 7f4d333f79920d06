import type { CommitStore, RowChange } from "@satsconnect/lightning";
import { BackupDamaged, Reader, Writer } from "./byte-codec.ts";
import type { WitnessedHead } from "./tower-keys.ts";

/** Backed up together with the node's tables, so that another restore knows it too. */
export const witnessTable = "backup-witness";
const keys = { base: "base", pending: "pending", record: "record" } as const;
const format = 1;

/** When and against what this wallet's state was found to be older than one that it had before. */
export type Outdated = {
  /** In ms since 1970. */
  readonly foundAt: number;
  /** The newest commit of the state that was used. */
  readonly commit: number;
  /** The commit that the watchtower knows. */
  readonly knownCommit: number;
};

/** The position of a backup that was restored while the watchtower did not answer. */
export type UnwitnessedBase = { readonly epoch: number; readonly commit: number };

export type WitnessRows = {
  readonly base: UnwitnessedBase | undefined;
  /** The node must start in recovery mode: its channels have not been closed yet. */
  readonly isPending: boolean;
  readonly outdated: Outdated | undefined;
};

/** @param read reads a row's value by its key, of the local store or of a backup's rows */
export function decodeWitnessRows(read: (key: string) => Uint8Array | undefined): WitnessRows {
  const numbers = (key: string, count: number): readonly number[] | undefined => {
    const bytes = read(key);
    if (bytes === undefined) return undefined;
    const reader = new Reader(bytes);
    if (reader.number() !== format)
      throw new BackupDamaged("the local state was written by a newer version of the app");
    return Array.from({ length: count }, () => reader.number());
  };
  const [epoch, commit] = numbers(keys.base, 2) ?? [];
  const [foundAt, used, known] = numbers(keys.record, 3) ?? [];
  return {
    base: epoch === undefined || commit === undefined ? undefined : { epoch, commit },
    isPending: read(keys.pending) !== undefined,
    outdated:
      foundAt === undefined || used === undefined || known === undefined
        ? undefined
        : { foundAt, commit: used, knownCommit: known },
  };
}

export async function readWitnessRows(store: CommitStore): Promise<WitnessRows> {
  const rows = new Map((await store.list(witnessTable)).map(({ key, value }) => [key, value]));
  return decodeWitnessRows((key) => rows.get(key));
}

/** Rows that make the node start in recovery mode, and that say why. */
export function outdatedRows(outdated: Outdated): readonly RowChange[] {
  return [
    row(keys.pending, []),
    row(keys.record, [outdated.foundAt, outdated.commit, outdated.knownCommit]),
    forgetBase,
  ];
}

export function baseRow({ epoch, commit }: UnwitnessedBase): RowChange {
  return row(keys.base, [epoch, commit]);
}

/** The watchtower has confirmed the state. */
export const forgetBase: RowChange = { table: witnessTable, key: keys.base, value: undefined };
/** The core has closed all channels, in the same commit. */
export const forgetPendingRecovery: RowChange = {
  table: witnessTable,
  key: keys.pending,
  value: undefined,
};

function row(key: string, numbers: readonly number[]): RowChange {
  const writer = new Writer().number(format);
  for (const number of numbers) writer.number(number);
  return { table: witnessTable, key, value: writer.finish() };
}

/** A state of this wallet: who wrote it, and its last commit. */
export type StatePosition = WitnessedHead & { readonly base: UnwitnessedBase | undefined };

/**
 * Compares a state, of this device or of a backup, with the head that the watchtower has. `behind`: the wallet has had a
 * newer state, so this one's commitment transactions may be revoked. `replaced`: another device has taken over since.
 * Commits of a wallet only increase, also over restores, so the tower never has a higher one than the newest state.
 */
export function compareWitness(
  state: StatePosition,
  witnessed: WitnessedHead | undefined,
): "current" | "behind" | "replaced" {
  if (witnessed === undefined) return "current";
  const { epoch, device, commit, base } = state;
  const isFromOther =
    witnessed.epoch > epoch || (witnessed.epoch === epoch && witnessed.device !== device);
  if (isFromOther) return "replaced";
  if (witnessed.commit > commit) return "behind";
  // a restore that could not ask the tower may have started from an older backup, and gone on since
  return base !== undefined && witnessed.epoch <= base.epoch && witnessed.commit > base.commit
    ? "behind"
    : "current";
}
