/** The repository's own test support lies outside of this project: it is loaded at run time and typed here. */
const scripts = new URL("../../../../scripts/", import.meta.url);

async function load<Module>(path: string): Promise<Module> {
  return (await import(new URL(path, scripts).href)) as Module;
}

export type Identity = { readonly certificate: string; readonly key: string };

/** Certificates of a private authority, as PEM. */
export async function issueCertificates<Name extends string>(
  names: readonly Name[],
): Promise<{
  readonly authority: string;
  readonly identities: Readonly<Record<Name, Identity>>;
}> {
  type Module = {
    readonly issueCertificates: (
      names: readonly Name[],
      now: number,
    ) => {
      readonly authority: string;
      readonly identities: Readonly<Record<Name, Identity>>;
    };
  };
  const { issueCertificates: issue } = await load<Module>("stack/certificates.ts");
  return issue(names, Date.now());
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
