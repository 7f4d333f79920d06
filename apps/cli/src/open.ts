import { randomUUID } from "node:crypto";
import os from "node:os";
import process from "node:process";
import type { SessionStore, SessionTokens } from "@satsconnect/contracts";
import { esploraChain, systemClock, systemEntropy } from "@satsconnect/lightning";
import { loadCore, sqliteStore, tcpTransport } from "@satsconnect/lightning/node";
import { openWallet, seedOf } from "@satsconnect/wallet";
import type { Notes, Wallet } from "@satsconnect/wallet";
import { sqliteNotes } from "@satsconnect/wallet/node";
import { badInput, failed } from "./failure.ts";
import { openLogFile } from "./log-file.ts";
import { ask, isInteractive } from "./prompt.ts";
import { readSeedFile } from "./seed-file.ts";
import type { WalletFolder } from "./wallet-folder.ts";

const sessionKey = "session";
const deviceKey = "device";

/** The session's tokens, kept between commands: a login for each would be one too many. */
function sessionIn(notes: Notes): SessionStore {
  return {
    load: async () => {
      const note = await notes.get(sessionKey);
      return note === undefined ? null : (JSON.parse(note) as SessionTokens);
    },
    save: (session) => notes.put(sessionKey, JSON.stringify(session)),
    clear: () => notes.delete(sessionKey),
  };
}

async function deviceIn(notes: Notes): Promise<{ readonly id: string; readonly name: string }> {
  let id = await notes.get(deviceKey);
  if (id === undefined) {
    id = randomUUID();
    await notes.put(deviceKey, id);
  }
  return { id, name: `Terminal on ${os.hostname()}`.slice(0, 80) };
}

/** The passphrase that opens a sealed wallet. */
export async function givenPassphrase(): Promise<string> {
  const given = process.env["SATSCONNECT_PASSPHRASE"];
  if (given !== undefined) return given;
  if (isInteractive()) return ask("Passphrase: ", true);
  throw badInput(
    "passphrase_needed",
    "This wallet is sealed: set SATSCONNECT_PASSPHRASE, or use a terminal.",
  );
}

/** Opens the wallet in a folder: its node, its session, its notes. @throws CommandFailed */
export async function openInFolder(
  folder: WalletFolder,
  apiUrl: string,
): Promise<{ readonly wallet: Wallet; readonly close: () => Promise<void> }> {
  const words = await readSeedFile(folder.seedFile, givenPassphrase);
  const notes = sqliteNotes(folder.notesFile);
  const logger = openLogFile(folder.logFile, () => systemClock.now());
  const opened = await openWallet({
    apiUrl,
    seed: () => seedOf(words),
    core: await loadCore({ prefer: "addon" }),
    store: sqliteStore(folder.stateFile),
    notes,
    sessionStore: sessionIn(notes),
    chain: (url) => esploraChain({ url, pollIntervalMs: 1_000 }),
    transport: tcpTransport(),
    clock: systemClock,
    entropy: systemEntropy,
    logger,
    device: await deviceIn(notes),
    newId: randomUUID,
  });
  if (!opened.ok) {
    notes.close();
    throw failed(opened.error);
  }
  const wallet = opened.value;
  return {
    wallet,
    close: async () => {
      await wallet.close();
      notes.close();
      logger.close();
    },
  };
}
