import process from "node:process";
import { newMnemonic, parseMnemonic } from "@satsconnect/wallet";
import { noPositionals } from "../arguments.ts";
import { stateFolderOf, walletNameOf, withWallet } from "../context.ts";
import type { Context } from "../context.ts";
import { badInput, failed } from "../command-failed.ts";
import { ask, isInteractive } from "../prompt.ts";
import { writeSeedFile } from "../seed-file.ts";
import { openWalletFolder } from "../wallet-folder.ts";

/** Creates a wallet with a new mnemonic and prints the words once. */
export async function create(context: Context): Promise<void> {
  noPositionals(context.args);
  const words = newMnemonic();
  await store(context, words);
  await showNewWallet(context, words);
}

/** Restores a wallet from its mnemonic. */
export async function restore(context: Context): Promise<void> {
  noPositionals(context.args);
  const typed = context.args.values.words ?? (await askForWords());
  const words = parseMnemonic(typed);
  if (!words.ok) throw badInput(words.error.code, words.error.message);
  await store(context, words.value);
  context.output.warn(
    "Channels and history are restored from the backup. The wallet stops on any other device: it runs on one device " +
      "at a time.",
  );
  await showNewWallet(context, null);
}

async function askForWords(): Promise<string> {
  if (!isInteractive()) {
    throw badInput(
      "argument_missing",
      'Pass the words with --words "…", or run the command in a terminal.',
    );
  }
  return ask("The 12 words: ", true);
}

async function store({ args, output }: Context, words: string): Promise<void> {
  const passphrase = await choosePassphrase(args.values["no-passphrase"] === true);
  const folder = openWalletFolder(stateFolderOf(args), walletNameOf(args));
  try {
    writeSeedFile(folder.seedFile, words, passphrase);
  } finally {
    folder.release();
  }
  if (passphrase === null) {
    output.warn(
      `The seed file is not encrypted: anyone who can read ${folder.seedFile} can spend the money. Use this for tests only.`,
    );
  }
}

async function choosePassphrase(isUnencrypted: boolean): Promise<string | null> {
  if (isUnencrypted) return null;
  const fromEnvironment = process.env["SATSCONNECT_PASSPHRASE"];
  if (fromEnvironment !== undefined && fromEnvironment !== "") return fromEnvironment;
  if (!isInteractive()) {
    throw badInput(
      "passphrase_needed",
      "Set SATSCONNECT_PASSPHRASE to encrypt the seed file, or pass --no-passphrase.",
    );
  }
  const first = await ask("Passphrase to encrypt the seed file (empty: no encryption): ", true);
  if (first === "") return null;
  if ((await ask("Repeat the passphrase: ", true)) === first) return first;
  throw badInput("passphrase_wrong", "The passphrases do not match.");
}

async function showNewWallet(context: Context, words: string | null): Promise<void> {
  await withWallet(context, async ({ wallet, output }) => {
    const session = await wallet.api.session.open();
    if (!session.ok) throw failed(session.error);
    const { nodeId, core } = wallet.node;
    if (words === null && wallet.backup !== null && !wallet.backup.wasRestored())
      output.warn(
        "No wallet was found for these words. If you had money in it, check every word and their order.",
      );
    const shown =
      words === null
        ? "Wallet restored."
        : `Wallet created. Write these words down and keep them secret; they control the money:\n\n  ${words}\n`;
    output.result(
      `${shown}\n  Node     ${nodeId}\n  Operator ${wallet.operator.nodeId}\n  Core     ${core.kind}`,
      {
        ...(words === null ? {} : { words }),
        nodeId,
        operatorNodeId: wallet.operator.nodeId,
        walletId: session.value.walletId,
        core: core.kind,
      },
    );
  });
}
