/** The repository's test support is outside this TypeScript project, so it is loaded at run time and typed here. */
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
  /** Mines blocks to the miner's wallet or to an address. */
  readonly mine: (blocks: number, address?: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Starts a bitcoind on regtest, with a funded wallet `miner`. */
export async function startBitcoind(
  folder: string,
  extra: readonly string[] = [],
): Promise<RegtestNode> {
  type Options = { readonly extra: readonly string[] };
  type Module = {
    readonly startBitcoind: (folder: string, options: Options) => Promise<RegtestNode>;
  };
  const { startBitcoind: start } = await load<Module>("support/bitcoind.ts");
  return start(folder, { extra });
}

export async function freePort(): Promise<number> {
  type Module = { readonly freePort: () => Promise<number> };
  return (await load<Module>("support/ports.ts")).freePort();
}
