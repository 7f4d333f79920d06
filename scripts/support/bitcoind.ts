import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ensureBitcoind } from "./bitcoind-program.ts";
import { privateFolder } from "./paths.ts";
import { firstFreePort } from "./ports.ts";
import { startProcess, waitFor, type RunningProcess } from "./processes.ts";

export type RegtestNode = {
  /** Contains user and password: `http://user:password@127.0.0.1:port`. */
  readonly rpcUrl: string;
  /** ZMQ endpoint that publishes raw blocks and block hashes, `tcp://127.0.0.1:port`. */
  readonly zmqUrl: string;
  readonly process: RunningProcess;
  readonly call: <Answer>(
    method: string,
    params?: readonly unknown[],
    wallet?: string,
  ) => Promise<Answer>;
  /** Mines blocks to the miner's wallet, or to `address`. */
  readonly mine: (blocks: number, address?: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Calls bitcoind's JSON-RPC. @throws Error with the RPC error's message and code. */
async function rpc<Answer>(
  rpcUrl: string,
  method: string,
  params: readonly unknown[],
  wallet?: string,
): Promise<Answer> {
  const url = new URL(rpcUrl);
  const authorization = `Basic ${Buffer.from(`${url.username}:${url.password}`).toString("base64")}`;
  url.username = "";
  url.password = "";
  if (wallet !== undefined) url.pathname = `/wallet/${wallet}`;
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "1.0", id: 1, method, params }),
  });
  const answer = (await response.json()) as {
    result: Answer;
    error: { code: number; message: string } | null;
  };
  if (answer.error !== null)
    throw new Error(`${method}: ${answer.error.message} (${String(answer.error.code)})`);
  return answer.result;
}

const minerWallet = "miner";

/** Starts a regtest bitcoind with its chain in `dir` and a funded wallet for the miner. */
export async function startBitcoind(
  dir: string,
  options: {
    readonly preferredPort?: number;
    readonly print?: (line: string) => void;
    /** More arguments, which override those given here. */
    readonly extra?: readonly string[];
  } = {},
): Promise<RegtestNode> {
  const bitcoind = await ensureBitcoind(options.print);
  const folder = privateFolder(dir, "bitcoind");
  const credentials = path.join(dir, "bitcoind.password");
  if (!existsSync(credentials))
    writeFileSync(credentials, randomBytes(24).toString("base64url"), { mode: 0o600 });
  const password = readFileSync(credentials, "utf8").trim();
  const pidFile = path.join(folder, "bitcoind.pid");
  await stopStaleProcess(pidFile);
  const taken = new Set<number>();
  const next = async (preferred: number): Promise<number> => {
    const port = await firstFreePort(preferred, taken);
    taken.add(port);
    return port;
  };
  const preferred = options.preferredPort ?? 18500;
  const [rpcPort, p2pPort, zmqPort] = [
    await next(preferred),
    await next(preferred + 1),
    await next(preferred + 2),
  ];
  const running = await startProcess({
    name: "bitcoind",
    guardedBy: "SIGTERM",
    command: bitcoind.command,
    args: [
      ...bitcoind.prefix,
      ...[
        "-regtest",
        `-datadir=${folder}`,
        `-pid=${pidFile}`,
        "-server=1",
        "-txindex=1",
        "-listen=0",
      ],
      ...[
        `-rpcport=${String(rpcPort)}`,
        "-rpcbind=127.0.0.1",
        "-rpcallowip=127.0.0.1",
        `-port=${String(p2pPort)}`,
      ],
      ...["-rpcuser=satsconnect", `-rpcpassword=${password}`, "-rpcworkqueue=256", "-rpcthreads=8"],
      ...[
        "-fallbackfee=0.00001",
        "-addresstype=bech32",
        "-changetype=bech32",
        "-dnsseed=0",
        "-discover=0",
      ],
      ...[
        `-zmqpubrawblock=tcp://127.0.0.1:${String(zmqPort)}`,
        `-zmqpubhashblock=tcp://127.0.0.1:${String(zmqPort)}`,
      ],
      ...["-dbcache=64", "-maxmempool=50", "-printtoconsole=1", "-debug=0"],
      ...(options.extra ?? []),
    ],
    logFile: path.join(dir, "bitcoind.log"),
    readyWhen: (line) => line.includes("Done loading"),
    readyTimeoutMs: 90_000,
  });
  const rpcUrl = `http://satsconnect:${password}@127.0.0.1:${String(rpcPort)}`;
  const call = <Answer>(
    method: string,
    params: readonly unknown[] = [],
    wallet?: string,
  ): Promise<Answer> => rpc<Answer>(rpcUrl, method, params, wallet);
  await waitFor("bitcoind's RPC", async () => (await call<number>("getblockcount")) >= 0);
  const loaded = await call<readonly string[]>("listwallets");
  if (!loaded.includes(minerWallet)) {
    const known = await call<{ wallets: readonly { name: string }[] }>("listwalletdir");
    if (known.wallets.some((wallet) => wallet.name === minerWallet))
      await call("loadwallet", [minerWallet, true]);
    else await call("createwallet", [minerWallet, false, false, "", false, true, true]);
  }
  const mine = async (blocks: number, address?: string): Promise<void> => {
    const to = address ?? (await call<string>("getnewaddress", ["", "bech32"], minerWallet));
    await call("generatetoaddress", [blocks, to]);
  };
  // Coinbase outputs mature after 100 blocks. A fresh block also ends initial block download, which an old tip keeps
  // bitcoind in.
  if ((await call<number>("getblockcount")) < 110) await mine(110);
  else await mine(1);
  return {
    rpcUrl,
    zmqUrl: `tcp://127.0.0.1:${String(zmqPort)}`,
    process: running,
    call,
    mine,
    stop: async () => {
      await call("stop").catch(() => undefined);
      await running.stop("SIGTERM", 30_000);
    },
  };
}

/** A bitcoind whose parent was killed still locks its data folder: stop it cleanly. */
async function stopStaleProcess(pidFile: string): Promise<void> {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile, "utf8"));
    process.kill(pid, 0);
    if (!readFileSync(`/proc/${String(pid)}/cmdline`, "utf8").includes("bitcoind")) return;
  } catch {
    return;
  }
  process.kill(pid, "SIGTERM");
  await waitFor(
    "the end of the bitcoind that was left running",
    async () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    },
    30_000,
  );
}
