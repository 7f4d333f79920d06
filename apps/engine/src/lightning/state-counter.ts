import { closeSync, fdatasync, fsyncSync, openSync, readFileSync, write } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { CommitStore } from "@satsconnect/lightning";
import type { Logger } from "../logger.ts";

const writeAt = promisify(write);
const sync = promisify(fdatasync);

/** The database is older than what this node has already told its peers. Starting it would lose money. */
export class StateBehind extends Error {
  override readonly name = "StateBehind";
}

/**
 * Records outside the database how far the node's state has come, so that a start on an older database (a restored
 * backup, a failover that lost commits) is recognised.
 *
 * The file has the number of the last commit, in one line. It is written and synced after the commit and before anything
 * of that commit leaves the process (`released`), and several commits share one write. So the file is never ahead of the
 * database that wrote it, and never behind what a peer has seen. After a crash between the commit and the write it is
 * behind, which is harmless. It proves only that a database is older, never that it is current: on a machine whose copy
 * of the file has not been written for a while, such as a standby's, it may not notice.
 * @param options.recovery start anyway. The first commit of a recovery closes all channels (`NodeSettings.recovery`), so
 *   the count goes on from it.
 */
export function withStateCounter(
  store: CommitStore,
  options: { readonly file: string; readonly recovery: boolean; readonly logger: Logger },
): CommitStore {
  const { file, logger } = options;
  let descriptor: number | undefined;
  let recorded = 0;
  let requested = 0;
  let mustReplace = false;
  let writing: Promise<void> | undefined;

  async function record(): Promise<void> {
    while (recorded < requested || mustReplace) {
      if (descriptor === undefined) throw new Error("the store is not open");
      const next = requested;
      // in place: the line has a fixed length and lies within one sector of the disk
      const bytes = line(next);
      await writeAt(descriptor, bytes, 0, bytes.length, 0);
      await sync(descriptor);
      recorded = next;
      mustReplace = false;
    }
  }

  return {
    ...store,
    kind: store.kind,
    async open() {
      await writing?.catch(() => {});
      const position = await store.open();
      const found = readCounter(file);
      if (found !== undefined && found > position.commitNumber) {
        if (!options.recovery) {
          await store.close();
          throw new StateBehind(
            `The database is older than this node's state: it is at commit ${position.commitNumber}, and commit ` +
              `${found} has been sent to peers (${file}). Starting it would lose money. Restore the newest copy of ` +
              "the database. If there is none, start with RECOVERY=close-channels: the node then asks its peers to " +
              "close their channels.",
          );
        }
        mustReplace = true;
        logger.warn(
          { commit: position.commitNumber, recorded: found },
          "recovering from an older database",
        );
      }
      if (found === undefined && position.commitNumber > 0) {
        logger.warn(
          { file },
          "there was no state counter; an older database cannot be recognised until it has been written",
        );
      }
      descriptor ??= openCounter(file);
      recorded = found ?? 0;
      requested = mustReplace ? 0 : recorded;
      return position;
    },
    async commit(change) {
      await store.commit(change);
      requested = mustReplace ? change.number : Math.max(requested, change.number);
    },
    async released(number) {
      await store.released?.(number);
      while (recorded < number || mustReplace) {
        writing ??= record().finally(() => {
          writing = undefined;
        });
        await writing;
      }
    },
    async close() {
      await store.close();
      await writing?.catch(() => {});
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

const digits = 16;

function line(commit: number): Uint8Array {
  return new TextEncoder().encode(`${String(commit).padStart(digits, "0")}\n`);
}

/** @throws when the file exists and does not contain a number: it must not be taken for a missing one. */
function readCounter(file: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, "latin1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  // created, and not written before a crash
  if (text === "") return undefined;
  if (!/^\d{16}\n$/u.test(text)) throw new Error(`${file} does not contain a state counter.`);
  return Number(text);
}

function openCounter(file: string): number {
  // like "r+", but creates the file
  const descriptor = openSync(file, "a+", 0o600);
  closeSync(descriptor);
  const folder = openSync(dirname(file), "r");
  fsyncSync(folder);
  closeSync(folder);
  return openSync(file, "r+");
}
