import path from "node:path";
import process from "node:process";
import type { Wallet } from "@satsconnect/wallet";
import type { Arguments } from "./arguments.ts";
import { CommandFailed } from "./command-failed.ts";
import { openInFolder } from "./open-wallet.ts";
import type { Output } from "./output.ts";
import { findApi, readEsploraUrls, readWatchtower } from "./find-api.ts";
import { openWalletFolder } from "./wallet-folder.ts";

export type Context = {
  readonly args: Arguments;
  readonly output: Output;
  readonly now: () => number;
};

export type WalletContext = Context & {
  readonly wallet: Wallet;
  /** URL of the simulator's handset; null if the operator was given with `--api`. */
  readonly handsetUrl: string | null;
};

/** The folder from `--home` or SATSCONNECT_HOME, or `.satsconnect` in the repository. */
export function stateFolderOf(args: Arguments): string {
  const baseFolder = process.env["SATSCONNECT_INVOKED_FROM"] ?? process.cwd();
  const given = (args.values.home ?? process.env["SATSCONNECT_HOME"])?.trim() ?? "";
  if (given !== "") return path.resolve(baseFolder, given);
  return path.resolve(import.meta.dirname, "..", "..", "..", ".satsconnect");
}

export function walletNameOf(args: Arguments): string {
  return args.values.wallet ?? "main";
}

const connectTimeoutMs = 15_000;

/** Opens the wallet, connects it, resumes interrupted orders, does the work, and closes the wallet. */
export async function withWallet<Value>(
  context: Context,
  work: (context: WalletContext) => Promise<Value>,
): Promise<Value> {
  const { args, output } = context;
  const stateFolder = stateFolderOf(args);
  const location = findApi(stateFolder, args.values.api);
  const { apiUrl, handsetUrl } = location;
  const watchtower =
    readWatchtower(args.values.watchtower ?? process.env["SATSCONNECT_WATCHTOWER"] ?? "") ??
    location.watchtower;
  const esploraUrls = readEsploraUrls(
    args.values.esplora ?? process.env["SATSCONNECT_ESPLORA_URLS"] ?? "",
  );
  const folder = openWalletFolder(stateFolder, walletNameOf(args));
  try {
    const { wallet, close } = await openInFolder(folder, { apiUrl, esploraUrls, watchtower });
    try {
      if (!(await wallet.whenConnected(connectTimeoutMs))) {
        output.warn("The operator's node cannot be reached. Showing the last known state.");
      }
      for (const resumed of await wallet.resume()) {
        if (resumed.ok) {
          const { id, kind, state } = resumed.value;
          output.step(`Resumed ${kind} order ${id}: ${state}.`, {
            step: "resumed",
            orderId: id,
            state,
          });
        } else output.warn(`An interrupted order could not be resumed: ${resumed.error.message}`);
      }
      return await work({ ...context, wallet, handsetUrl });
    } finally {
      await close();
    }
  } finally {
    folder.release();
  }
}

/** Fails the command if the operator's node cannot be reached. */
export async function requireConnection(wallet: Wallet): Promise<void> {
  if (await wallet.whenConnected(connectTimeoutMs)) return;
  throw new CommandFailed(
    "operator_unreachable",
    `No connection to the operator's node within ${String(connectTimeoutMs / 1_000)} s. Nothing was done; try again later.`,
  );
}
