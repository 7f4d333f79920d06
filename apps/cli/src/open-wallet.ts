import process from "node:process";
import { seedOf } from "@satsconnect/wallet";
import { openFolderWallet } from "@satsconnect/wallet/nodejs";
import type { FolderWallet } from "@satsconnect/wallet/nodejs";
import { badInput, failed } from "./command-failed.ts";
import { ask, isInteractive } from "./prompt.ts";
import { readSeedFile } from "./seed-file.ts";
import type { WalletFolder } from "./wallet-folder.ts";

/** The passphrase of an encrypted seed file, from the environment or the terminal. */
async function requestPassphrase(): Promise<string> {
  const fromEnvironment = process.env["SATSCONNECT_PASSPHRASE"];
  if (fromEnvironment !== undefined) return fromEnvironment;
  if (isInteractive()) return ask("Passphrase: ", true);
  throw badInput(
    "passphrase_needed",
    "The seed file is encrypted. Set SATSCONNECT_PASSPHRASE, or run the command in a terminal.",
  );
}

/** Opens the wallet in a folder. @throws CommandFailed */
export async function openInFolder(
  folder: WalletFolder,
  servers: {
    readonly apiUrl: string;
    readonly esploraUrls: readonly string[];
    readonly watchtower: string | undefined;
  },
): Promise<FolderWallet> {
  const { apiUrl, esploraUrls, watchtower } = servers;
  const words = await readSeedFile(folder.seedFile, requestPassphrase);
  const opened = await openFolderWallet({
    folder: folder.path,
    apiUrl,
    esploraUrls,
    ...(watchtower === undefined ? {} : { watchtower }),
    seed: () => seedOf(words),
    prefer: process.env["CORE"] === "addon" ? "addon" : "wasm",
    backup: {},
  });
  if (!opened.ok) throw failed(opened.error);
  return opened.value;
}
