import process from "node:process";
import { newMnemonic, parseMnemonic } from "@satsconnect/wallet";
import { noPositionals } from "../arguments.ts";
import { homeOf, online, walletNameOf } from "../context.ts";
import type { Context } from "../context.ts";
import { badInput, failed } from "../command-failed.ts";
import { ask, isInteractive } from "../prompt.ts";
import { writeSeedFile } from "../seed-file.ts";
import { openWalletFolder } from "../wallet-folder.ts";

/** Makes a wallet of new words and shows them, this once. */
export async function create(context: Context): Promise<void> {
  noPositionals(context.args);
  const words = newMnemonic();
  await store(context, words);
  await introduce(context, words);
}

/** Makes a wallet of words that are there already. */
export async function restore(context: Context): Promise<void> {
  noPositionals(context.args);
  const typed = context.args.values.words ?? (await askForWords());
  const words = parseMnemonic(typed);
  if (!words.ok) throw badInput(words.error.code, words.error.message);
  await store(context, words.value);
  context.output.warn(
    "The wallet comes back from its backup, channels and history with it. Any other copy of it stops: a wallet lives in " +
      "one place at a time.",
  );
  await introduce(context, null);
}

async function askForWords(): Promise<string> {
  if (!isInteractive()) {
    throw badInput("argument_missing", 'Say the words: --words "…", or use a terminal.');
  }
  return ask("The words: ", true);
}

async function store({ args, output }: Context, words: string): Promise<void> {
  const passphrase = await choosePassphrase(args.values["no-passphrase"] === true);
  const folder = openWalletFolder(homeOf(args), walletNameOf(args));
  try {
    writeSeedFile(folder.seedFile, words, passphrase);
  } finally {
    folder.release();
  }
  if (passphrase === null) {
    output.warn(
      `The seed file is not sealed: whoever reads ${folder.seedFile} has the money. Only for trying out.`,
    );
  }
}

async function choosePassphrase(none: boolean): Promise<string | null> {
  if (none) return null;
  const given = process.env["SATSCONNECT_PASSPHRASE"];
  if (given !== undefined && given !== "") return given;
  if (!isInteractive()) {
    throw badInput(
      "passphrase_needed",
      "Set SATSCONNECT_PASSPHRASE to seal the seed file, or say --no-passphrase.",
    );
  }
  const first = await ask("A passphrase that seals the seed file (empty: none): ", true);
  if (first === "") return null;
  if ((await ask("Again: ", true)) === first) return first;
  throw badInput("passphrase_wrong", "These were two different passphrases.");
}

async function introduce(context: Context, words: string | null): Promise<void> {
  await online(context, async ({ wallet, output }) => {
    const session = await wallet.api.session.open();
    if (!session.ok) throw failed(session.error);
    const { nodeId, core } = wallet.node;
    const shown =
      words === null
        ? "The wallet is back."
        : `The wallet is made. Write these words down; whoever has them has the money:\n\n  ${words}\n`;
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
