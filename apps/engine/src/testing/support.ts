/** The repository's own test support lies outside of this project: it is loaded at run time and typed here. */
const scripts = new URL("../../../../scripts/", import.meta.url);

async function load<Module>(path: string): Promise<Module> {
  return (await import(new URL(path, scripts).href)) as Module;
}

export type RegtestNode = {
  readonly rpcUrl: string;
  readonly zmqUrl: string;
  readonly call: <Answer>(
    method: string,
    params?: readonly unknown[],
    wallet?: string,
  ) => Promise<Answer>;
  /** Mines blocks to the miner's own wallet, or to an address. */
  readonly mine: (blocks: number, address?: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** A bitcoind on regtest, whose wallet `miner` is rich. */
export async function startBitcoind(folder: string): Promise<RegtestNode> {
  type Module = { readonly startBitcoind: (folder: string) => Promise<RegtestNode> };
  const { startBitcoind: start } = await load<Module>("support/bitcoind.ts");
  return start(folder);
}
