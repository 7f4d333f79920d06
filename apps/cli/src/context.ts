import path from "node:path";
import process from "node:process";
import type { Wallet } from "@satsconnect/wallet";
import type { Arguments } from "./arguments.ts";
import { CommandFailed } from "./command-failed.ts";
import { openInFolder } from "./open-wallet.ts";
import type { Output } from "./output.ts";
import { findSystem } from "./find-api.ts";
import { openWalletFolder } from "./wallet-folder.ts";

/** What every command works with. */
export type Context = {
  readonly args: Arguments;
  readonly output: Output;
  readonly now: () => number;
};

export type OnlineContext = Context & {
  readonly wallet: Wallet;
  /** Where the virtual handset is; null with an operator of another machine. */
  readonly handsetUrl: string | null;
};

export function homeOf(args: Arguments): string {
  const from = process.env["SATSCONNECT_INVOKED_FROM"] ?? process.cwd();
  const given = (args.values.home ?? process.env["SATSCONNECT_HOME"])?.trim() ?? "";
  if (given !== "") return path.resolve(from, given);
  return path.resolve(import.meta.dirname, "..", "..", "..", ".satsconnect");
}

export function walletNameOf(args: Arguments): string {
  return args.values.wallet ?? "main";
}

const connectTimeoutMs = 15_000;

/** Opens the wallet, connects it, goes on with what was interrupted, and then does the work. Closes it in any case. */
export async function online<Value>(
  context: Context,
  work: (context: OnlineContext) => Promise<Value>,
): Promise<Value> {
  const { args, output } = context;
  const home = homeOf(args);
  const { apiUrl, handsetUrl } = findSystem(home, args.values.api);
  const folder = openWalletFolder(home, walletNameOf(args));
  try {
    const { wallet, close } = await openInFolder(folder, apiUrl);
    try {
      if (!(await wallet.whenConnected(connectTimeoutMs))) {
        output.warn(
          "The operator's node cannot be reached right now; this shows what is known here.",
        );
      }
      for (const resumed of await wallet.resume()) {
        if (resumed.ok) {
          const { id, kind, state } = resumed.value;
          output.step(`Went on with ${kind} ${id}: ${state}.`, {
            step: "resumed",
            orderId: id,
            state,
          });
        } else output.warn(`An interrupted order waits: ${resumed.error.message}`);
      }
      return await work({ ...context, wallet, handsetUrl });
    } finally {
      await close();
    }
  } finally {
    folder.release();
  }
}

/** Fails where the command cannot do without the operator's node. */
export async function requireConnection(wallet: Wallet): Promise<void> {
  if (await wallet.whenConnected(connectTimeoutMs)) return;
  throw new CommandFailed(
    "operator_unreachable",
    "The operator's node cannot be reached. Nothing was done; try again later.",
  );
}
