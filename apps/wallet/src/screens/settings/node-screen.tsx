import type { ChannelView, NodeView } from "@satsconnect/wallet/client";
import { useEffect, useState } from "react";
import { Facts } from "../../design/fees.tsx";
import type { Fact } from "../../design/fees.tsx";
import { Page } from "../../design/page.tsx";
import { Row } from "../../design/row.tsx";
import { Section, SettingsRow } from "../../design/settings-row.tsx";
import { Type } from "../../design/type.tsx";
import type { SettingsWords } from "../../i18n/catalogues/settings-screens.en.ts";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { clock, grouped, satsFigure } from "../../money/format.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { useWallet } from "../../node/use-wallet.ts";
import { useWalletPreferences } from "../../session/use-session.ts";
import { Notice, Statement } from "../parts/notice.tsx";
import { shareText } from "../parts/share";
import { redact, logText } from "./log-text.ts";

const pollMs = 3_000;
/** Number of log messages shown; sharing includes all. */
const shownLogs = 40;

/** Details of the node on this phone: peers, channels, on-chain balance and log. */
export function NodeScreen() {
  const { shell } = useWords();
  const { menu } = useSettingsWords();
  const words = useSettingsWords();
  const navigation = useNavigation();
  const wallet = useWallet();
  const [node, setNode] = useState<NodeView | "silent" | null>(null);
  useEffect(() => {
    let isUnmounted = false;
    const ask = async () => {
      const answer = await wallet.call("node", {});
      if (!isUnmounted) setNode((before) => (answer.ok ? answer.value : (before ?? "silent")));
    };
    void ask();
    const timer = setInterval(() => {
      void ask();
    }, pollMs);
    return () => {
      isUnmounted = true;
      clearInterval(timer);
    };
  }, [wallet]);
  return (
    <Page
      testID="node"
      title={menu.node}
      left={{ icon: "back", label: shell.back, onPress: navigation.back, testID: "node.back" }}
    >
      {node === null ? <Statement>{words.loading}</Statement> : null}
      {node === "silent" ? <Statement>{words.offlineNode}</Statement> : null}
      {node === null || node === "silent" ? null : <NodeDetails node={node} />}
      <SettingsRow
        icon="eye"
        label={words.components}
        detail={words.componentsDetail}
        onPress={() => {
          navigation.go({ name: "components" });
        }}
        testID="node.components"
      />
    </Page>
  );
}

function NodeDetails({ node }: { readonly node: NodeView }) {
  const { money } = useWords();
  const words = useSettingsWords();
  const { onChain } = node;
  const height = grouped(BigInt(node.height));
  const { hideAmounts } = useWalletPreferences();
  const inSats = (amountMsat: string) =>
    money.sats(hideAmounts ? "•••" : satsFigure(BigInt(amountMsat)));
  const sats = (amountSat: string) => inSats(`${amountSat}000`);
  return (
    <>
      <Facts
        facts={[
          { label: words.nodeId, value: node.nodeId },
          { label: words.network, value: node.network },
          {
            label: words.nodeStatus,
            value: node.synced ? words.nodeSynced(height) : words.nodeBehind(height),
          },
          { label: words.watchtower, value: watchtowerText(node.watchtower, words) },
          { label: words.version, value: node.coreVersion },
        ]}
      />
      <Section>{words.peers}</Section>
      {node.peers.length === 0 ? <Notice>{words.peersNone}</Notice> : null}
      {node.peers.map((peer) => (
        <Facts
          key={peer.nodeId}
          facts={[
            {
              label: peer.operator ? words.peerOperator : words.peerOther,
              value: peer.connected ? words.peerHere : words.peerGone,
            },
            { label: words.nodeId, value: peer.nodeId },
          ]}
        />
      ))}
      <Section>{words.channels}</Section>
      {node.channels.length === 0 ? <Notice>{words.channelsNone}</Notice> : null}
      {node.channels.map((channel) => (
        <Facts key={channel.channelId} facts={channelFacts(channel, words, inSats)} />
      ))}
      <Section>{words.chain.title}</Section>
      <Facts
        facts={[
          { label: words.chain.confirmed, value: sats(onChain.confirmedSat) },
          { label: words.chain.pending, value: sats(onChain.pendingSat) },
          { label: words.chain.claimable, value: sats(onChain.claimableSat) },
        ]}
      />
      <Logs node={node} />
    </>
  );
}

function watchtowerText({ state, waiting }: NodeView["watchtower"], words: SettingsWords): string {
  if (state === "none") return words.watchtowerNone;
  return state === "current"
    ? words.watchtowerCurrent
    : words.watchtowerBehind(grouped(BigInt(waiting)));
}

function channelFacts(
  channel: ChannelView,
  { channel: words }: SettingsWords,
  sats: (amountMsat: string) => string,
): readonly Fact[] {
  const state = channel.closing
    ? words.closing
    : channel.usable
      ? words.usable
      : channel.confirmations !== null && channel.confirmations < 6
        ? words.waiting(channel.confirmations)
        : words.away;
  return [
    { label: words.state, value: state },
    { label: words.capacity, value: sats(`${channel.capacitySat}000`) },
    { label: words.mine, value: sats(channel.balanceMsat) },
    { label: words.sendable, value: sats(channel.sendableMsat) },
    { label: words.receivable, value: sats(channel.receivableMsat) },
    ...(channel.fundingTxid === null ? [] : [{ label: words.funding, value: channel.fundingTxid }]),
  ];
}

function Logs({ node }: { readonly node: NodeView }) {
  const words = useSettingsWords();
  const [message, setMessage] = useState<string | null>(null);
  const share = async () => {
    const shared = await shareText(words.logs, logText(node.logs));
    setMessage(
      shared === "copied" ? words.logsCopied : shared === "failed" ? words.logsFailed : null,
    );
  };
  return (
    <>
      <Section>{words.logs}</Section>
      {node.logs.length === 0 ? (
        <Notice>{words.logsNone}</Notice>
      ) : (
        <>
          <SettingsRow
            icon="copy"
            label={words.logsShare}
            detail={message ?? words.logsAbout}
            onPress={() => {
              void share();
            }}
            testID="node.share-logs"
          />
          {node.logs
            .slice(-shownLogs)
            .toReversed()
            .map(({ at, level, message }, place) => (
              <Row
                key={`${String(at)} ${String(place)}`}
                style={{ paddingVertical: 4 }}
                margin={
                  <Type as="second" color="ink2">
                    {clock(at)}
                  </Type>
                }
              >
                <Type
                  as="second"
                  color={level === "error" || level === "warn" ? "ink" : "ink2"}
                  testID="node.log"
                >
                  {redact(message)}
                </Type>
              </Row>
            ))}
        </>
      )}
    </>
  );
}
