import type { LogLine, NodeView } from "../port/calls.ts";
import type { Wallet } from "../wallet.ts";
import { claimableTotal } from "./balance-totals.ts";

/** The node's state for the node screen: peers, channels, on-chain coins and the log. */
export async function nodeView(
  { node, operator, appointments }: Pick<Wallet, "node" | "operator" | "appointments">,
  logs: readonly LogLine[],
): Promise<NodeView> {
  const [channels, balances, transactions] = await Promise.all([
    node.channels(),
    node.balances(),
    node.onChainTransactions(),
  ]);
  const { onChain } = balances;
  const tip = node.tip();
  return {
    nodeId: node.nodeId,
    network: node.network,
    coreVersion: `${node.core.version.core} (${node.core.version.lightning})`,
    status: node.status,
    height: tip.height,
    synced: tip.synced,
    watchtower: watchtowerOf(appointments),
    peers: node.peers().map((peer) => ({
      nodeId: peer.nodeId,
      connected: peer.connected,
      address: peer.address,
      operator: peer.nodeId === operator.nodeId,
    })),
    channels: channels.map((channel) => ({
      channelId: channel.channelId,
      peer: channel.peer,
      capacitySat: channel.capacitySat.toString(),
      balanceMsat: channel.balanceMsat.toString(),
      sendableMsat: channel.nextOutboundHtlcLimitMsat.toString(),
      receivableMsat: channel.inboundCapacityMsat.toString(),
      usable: channel.usable,
      closing: channel.closing,
      confirmations: channel.confirmations,
      fundingTxid: channel.funding?.txid ?? null,
    })),
    onChain: {
      confirmedSat: onChain.confirmedSat.toString(),
      pendingSat: (onChain.trustedPendingSat + onChain.untrustedPendingSat).toString(),
      spendableSat: onChain.spendableSat.toString(),
      claimableSat: claimableTotal(balances).toString(),
      transactions: transactions.map((transaction) => ({
        txid: transaction.txid,
        amountSat: (transaction.receivedSat - transaction.sentSat).toString(),
        height: transaction.height,
        at: transaction.at,
      })),
    },
    logs,
  };
}

function watchtowerOf(appointments: Wallet["appointments"]): NodeView["watchtower"] {
  if (appointments === null) return { state: "none", waiting: 0 };
  const { state, waiting } = appointments.status();
  return { state, waiting };
}
