import type { NodeView } from "@satsconnect/wallet/client";
import { useEffect, useState } from "react";
import { Facts } from "../../design/fees.tsx";
import { Page } from "../../design/page.tsx";
import { Section } from "../../design/settings-row.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { satsFigure } from "../../money/format.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { useWallet } from "../../node/use-wallet.ts";
import { Statement } from "../parts/notice.tsx";

const everyMs = 3_000;

/** For the curious: what the node on this phone is and does. */
export function NodeScreen() {
  const { shell, money } = useWords();
  const words = useSettingsWords();
  const navigation = useNavigation();
  const wallet = useWallet();
  const [node, setNode] = useState<NodeView | null>(null);
  useEffect(() => {
    let over = false;
    const ask = async () => {
      const answer = await wallet.call("node", {});
      if (!over && answer.ok) setNode(answer.value);
    };
    void ask();
    const timer = setInterval(() => {
      void ask();
    }, everyMs);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [wallet]);
  return (
    <Page
      testID="node"
      title={shell.node}
      left={{ icon: "back", label: shell.back, onPress: navigation.back, testID: "node.back" }}
    >
      {node === null ? (
        <Statement>{words.loading}</Statement>
      ) : (
        <>
          <Facts
            facts={[
              { label: words.nodeId, value: node.nodeId },
              { label: words.network, value: node.network },
              { label: words.height, value: String(node.height) },
              {
                label: words.peers,
                value: node.peers
                  .filter(({ connected }) => connected)
                  .map(({ nodeId }) => nodeId)
                  .join("\n"),
              },
            ]}
          />
          <Section>{words.channels}</Section>
          {node.channels.length === 0 ? <Statement>{words.channelsNone}</Statement> : null}
          {node.channels.map((channel) => (
            <Facts
              key={channel.channelId}
              facts={[
                {
                  label: channel.channelId.slice(0, 12),
                  value: money.sats(satsFigure(BigInt(channel.capacitySat) * 1_000n)),
                },
              ]}
            />
          ))}
        </>
      )}
    </Page>
  );
}
