import { formatMsat, formatSat } from "@satsconnect/money";
import { noPositionals } from "../arguments.ts";
import { withWallet } from "../context.ts";
import type { Context } from "../context.ts";

/** Prints the node, its operator and its channels. */
export async function info(context: Context): Promise<void> {
  noPositionals(context.args);
  await withWallet(context, async ({ wallet, output }) => {
    const channels = await wallet.node.channels();
    const tip = wallet.node.tip();
    const backup = wallet.backup?.status();
    const tower = backup?.tower ?? { state: "none", since: 0 };
    const outdated = backup?.outdated ?? null;
    const lines = [
      `Node      ${wallet.node.nodeId}`,
      `Network   ${wallet.node.network}, block ${String(tip.height)}${tip.synced ? "" : " (syncing)"}`,
      `Core      ${wallet.node.core.kind}`,
      `Operator  ${wallet.operator.nodeId}`,
      tower.state === "none"
        ? "Tower     none: an old backup from the operator cannot be recognised"
        : tower.state === "current"
          ? "Tower     has the head of the backup"
          : `Tower     no answer since ${new Date(tower.since).toISOString()}`,
      ...(outdated === null
        ? []
        : [
            `Old state ${new Date(outdated.foundAt).toISOString()}: commit ${String(outdated.commit)} was used, the watchtower ` +
              `knew ${String(outdated.knownCommit)}. The operator was asked to close the channels of then.`,
          ]),
      ...channels.map(
        (channel) =>
          `Channel   ${channel.channelId} ${formatSat(channel.capacitySat)}: local ${formatMsat(channel.outboundCapacityMsat)}, ` +
          `remote ${formatMsat(channel.inboundCapacityMsat)}${channel.usable ? "" : ", not usable"}`,
      ),
    ];
    output.result(lines.join("\n"), {
      nodeId: wallet.node.nodeId,
      network: wallet.node.network,
      tipHeight: tip.height,
      synced: tip.synced,
      core: wallet.node.core.kind,
      operatorNodeId: wallet.operator.nodeId,
      tower: tower.state,
      outdated: outdated === null ? null : { ...outdated },
      channels: channels.map((channel) => ({
        channelId: channel.channelId,
        capacitySat: channel.capacitySat,
        outboundMsat: channel.outboundCapacityMsat,
        inboundMsat: channel.inboundCapacityMsat,
        usable: channel.usable,
        pendingHtlcs: channel.pendingHtlcs,
      })),
    });
  });
}
