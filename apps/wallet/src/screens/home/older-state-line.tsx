import type { WalletSnapshot } from "@satsconnect/wallet/client";
import { LiveLine } from "../../design/live-line.tsx";
import { countdown } from "../../money/format.ts";
import { useMoney } from "../../money/use-money.ts";
import { Notice } from "../parts/notice.tsx";

/** A restore that is not confirmed yet, or a channel that is closed because of an older state. Leads to its page. */
export function OlderStateLine({
  snapshot: { phase, olderState },
  now,
}: {
  readonly snapshot: WalletSnapshot;
  readonly now: number;
}) {
  const { words, navigation } = useMoney();
  const { olderState: text } = words.home;
  const isStopped = phase === "replaced" || phase === "failed" || phase === "restoring";
  if (olderState === null || isStopped) return null;
  const open = () => {
    navigation.go({ name: "older-state" });
  };
  const { stage, side, untilAt } = olderState;
  if (stage === "unconfirmed" || untilAt === null)
    return (
      <Notice
        icon="clock"
        action={{ label: text.more, onPress: open, testID: "home.older-state.more" }}
        testID="home.older-state"
      >
        {text.unconfirmed}
      </Notice>
    );
  return (
    <LiveLine
      countdown={untilAt <= now ? words.units.late : countdown(untilAt - now, words.tight)}
      title={text.closing}
      detail={text.detail}
      path={{
        placeCount: 3,
        reachedCount: stage === "asked" ? 1 : 2,
        from: side === "own" ? words.path.us : words.path.thisPhone,
        to: text.to,
      }}
      onPress={open}
      testID="home.older-state"
    />
  );
}
