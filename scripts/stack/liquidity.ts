import { readFileSync } from "node:fs";
import { connectEngine } from "@satsconnect/contracts/grpc";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import type { Result } from "@satsconnect/money";
import type { RegtestNode } from "../support/bitcoind.ts";
import { waitFor } from "../support/processes.ts";
import type { Secrets } from "./secrets.ts";

const callOptions = { deadlineMs: 20_000 };
const coinCount = 20;
const satPerCoin = 25_000_000n;
const minTreasurySat = 100_000_000n;
const capacitySat = 16_000_000n;
/** The merchant's initial balance, so that it can both pay and be paid from the start. */
const pushMsat = 5_000_000_000n;

/** An engine client with the operator's own certificate. */
export function operatorClient(address: string, tls: Secrets["tls"]): EngineClient {
  return connectEngine(address, {
    authority: readFileSync(tls.authority),
    certificate: readFileSync(tls.operator.certificate),
    key: readFileSync(tls.operator.key),
  });
}

function valueOf<Value>(result: Result<Value>): Value {
  if (result.ok) return result.value;
  throw new Error(`The engine answered: ${result.error.message} (${result.error.code})`);
}

async function chainTip(bitcoind: RegtestNode): Promise<number> {
  return bitcoind.call<number>("getblockcount");
}

/** Waits until the engine has processed the best block of the chain. */
export async function engineAtTip(engine: EngineClient, bitcoind: RegtestNode): Promise<void> {
  await waitFor(
    "the engine at the chain's tip",
    async () => {
      const info = valueOf(await engine.node.getInfo({}, callOptions));
      return info.chainSynced && info.tipHeight >= (await chainTip(bitcoind));
    },
    60_000,
  );
}

/** Sends coins to the operator's node where it has too few to open channels. */
export async function fundTreasury(
  engine: EngineClient,
  bitcoind: RegtestNode,
  print: (line: string) => void,
): Promise<void> {
  const treasury = valueOf(await engine.node.getTreasury({}, callOptions));
  if (treasury.onChainConfirmedSat >= minTreasurySat) return;
  print("Funding the operator's node…");
  const outputs: Record<string, string>[] = [];
  for (let coin = 0; coin < coinCount; coin += 1) {
    const { address } = valueOf(await engine.node.newAddress({}, callOptions));
    outputs.push({ [address]: bitcoinText(satPerCoin) });
  }
  await bitcoind.call("send", [outputs], "miner");
  await bitcoind.mine(1);
  await waitFor(
    "the coins of the operator's node",
    async () =>
      valueOf(await engine.node.getTreasury({}, callOptions)).onChainConfirmedSat >= minTreasurySat,
    60_000,
  );
}

function bitcoinText(amountSat: bigint): string {
  return `${String(amountSat / 100_000_000n)}.${String(amountSat % 100_000_000n).padStart(8, "0")}`;
}

/** Opens the public channel between operator and merchant, with balance on both sides. */
export async function openMerchantChannel(
  engine: EngineClient,
  bitcoind: RegtestNode,
  merchant: { readonly nodeId: string; readonly address: string },
  print: (line: string) => void,
): Promise<void> {
  const channels = async () =>
    valueOf(await engine.node.listChannels({ peerNodeId: merchant.nodeId }, callOptions)).channels;
  await waitFor("the merchant's node as the operator's peer", async () => {
    const { peers } = valueOf(await engine.node.listPeers({}, callOptions));
    if (peers.some((peer) => peer.nodeId === merchant.nodeId && peer.connected)) return true;
    await engine.node.connectPeer(merchant, callOptions);
    return false;
  });
  const before = await channels();
  if (before.length === 0) {
    print("Opening the public channel between the operator and the merchant…");
    valueOf(
      await engine.node.openChannel(
        {
          idempotencyKey: `merchant-${String(Date.now())}`,
          peerNodeId: merchant.nodeId,
          capacitySat,
          pushMsat,
          announced: true,
        },
        callOptions,
      ),
    );
  }
  if (!before.some((channel) => channel.usable)) {
    // Six confirmations announce the channel. Both nodes must process each block before the next one counts.
    for (let block = 0; block < 6; block += 1) await bitcoind.mine(1);
  }
  await waitFor(
    "the channel between operator and merchant",
    async () => {
      if ((await channels()).some((channel) => channel.usable)) return true;
      // A funding transaction that was broadcast after the blocks needs confirmations of its own.
      const { size } = await bitcoind.call<{ size: number }>("getmempoolinfo");
      if (size > 0) await bitcoind.mine(6);
      return false;
    },
    90_000,
  );
}

/** A snapshot of a graph without channels has about 50 bytes. */
const minSnapshotBytes = 100;

/**
 * Waits until the channel is in the gossip snapshots that wallets take their routes from: after both nodes have announced
 * it, which takes up to ten seconds.
 */
export async function channelInSnapshots(esploraUrl: string): Promise<void> {
  await waitFor(
    "the merchant's channel in the gossip snapshots",
    async () => {
      const response = await fetch(`${esploraUrl}/gossip/snapshot/0`);
      return response.ok && (await response.arrayBuffer()).byteLength >= minSnapshotBytes;
    },
    60_000,
  );
}
