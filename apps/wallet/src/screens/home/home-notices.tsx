import type { WalletSnapshot } from "@satsconnect/wallet/client";
import { useState } from "react";
import { View } from "react-native";
import { countdown, deadline, satsFigure } from "../../money/format.ts";
import { useMoney } from "../../money/use-money.ts";
import { useWallet } from "../../node/use-wallet.ts";
import { Notice } from "../parts/notice.tsx";

/** How long the wallet may be used without a backup each time the person allows it. */
const withoutBackupMs = 60 * 60 * 1_000;

/** A watchtower that does not answer for a shorter time is not worth a word: it only has to be restarted. */
const towerSilenceMs = 10 * 60 * 1_000;

/** Notices about the state of the wallet, its connection and its backup. */
export function HomeNotices({
  snapshot,
  now,
}: {
  readonly snapshot: WalletSnapshot;
  readonly now: number;
}) {
  const { words, settings } = useMoney();
  const { home } = words;
  const wallet = useWallet();
  const { phase, connection, backup, balance, operator } = snapshot;
  const [refused, setRefused] = useState(false);
  const continueWithoutBackup = async () => {
    const until = Date.now() + withoutBackupMs;
    const answer = await wallet.call("continueWithoutBackup", { until });
    if (!answer.ok) setRefused(answer.error.retry !== "unknown");
  };
  const time = (at: number) => deadline(at, now, words.days);

  if (phase === "replaced")
    return (
      <Notice icon="phone" detail={home.replacedDetail} testID="home.replaced">
        {home.replaced}
      </Notice>
    );
  if (phase === "failed")
    return (
      <Notice
        icon="help"
        detail={
          snapshot.failure === null
            ? home.failedDetail
            : `${home.failedDetail} ${home.failedCode(snapshot.failure.code.replaceAll("_", " "))}`
        }
        testID="home.failed"
      >
        {snapshot.failure?.code === "node_restarts" ? home.restarts : home.failed}
      </Notice>
    );
  if (phase === "restoring")
    return (
      <Notice icon="clock" testID="home.restoring">
        {home.restoring}
      </Notice>
    );
  return (
    <View>
      {connection.api === "offline" ? (
        <Notice icon="bolt" testID="home.offline">
          {home.offline(time(connection.since))}
        </Notice>
      ) : phase === "starting" ? (
        <Notice icon="clock" testID="home.starting">
          {balance === null ? home.startingFirst : home.starting}
        </Notice>
      ) : connection.node === "connecting" ? (
        <Notice icon="clock" testID="home.connecting">
          {home.connecting}
        </Notice>
      ) : connection.node === "offline" ? (
        <Notice icon="bolt" testID="home.node-offline">
          {home.nodeOffline(time(connection.since))}
        </Notice>
      ) : null}
      {backup.withoutBackupUntil !== null &&
      backup.withoutBackupUntil > now &&
      backup.state !== "current" ? (
        <Notice
          left={countdown(backup.withoutBackupUntil - now, words.tight)}
          detail={home.backupGoesOnDetail}
          testID="home.backup-goes-on"
        >
          {home.backupGoesOn(time(backup.withoutBackupUntil))}
        </Notice>
      ) : backup.state === "unreachable" && connection.api === "online" ? (
        <Notice
          icon="lock"
          detail={refused ? home.backupMustWait : home.backupUnreachableDetail}
          {...(refused
            ? {}
            : {
                action: {
                  label: home.backupGoOn,
                  onPress: () => {
                    void continueWithoutBackup();
                  },
                  testID: "home.backup-go-on",
                },
              })}
          testID="home.backup-unreachable"
        >
          {home.backupUnreachable(time(backup.since))}
        </Notice>
      ) : backup.state === "off" && phase === "ready" ? (
        <Notice icon="lock" testID="home.backup-off">
          {home.backupOff}
        </Notice>
      ) : snapshot.watchtower.state === "lagging" &&
        connection.api === "online" &&
        now - snapshot.watchtower.since >= towerSilenceMs ? (
        <Notice icon="lock" detail={home.towerLaggingDetail} testID="home.tower-lagging">
          {home.towerLagging(time(snapshot.watchtower.since))}
        </Notice>
      ) : null}
      {snapshot.nothingRestored && isEmpty(snapshot) ? (
        <Notice icon="help" detail={home.nothingRestoredDetail} testID="home.nothing-restored">
          {home.nothingRestored}
        </Notice>
      ) : null}
      {snapshot.clockAheadMs === 0 ? null : (
        <Notice icon="clock" detail={home.clockWrongDetail} testID="home.clock">
          {home.clockWrong}
        </Notice>
      )}
      {operator?.paused === true ? (
        <Notice icon="clock" testID="home.paused">
          {home.paused}
        </Notice>
      ) : null}
      {balance !== null && BigInt(balance.onChainSat) > 0n ? (
        <Notice icon="lock" testID="home.on-chain">
          {settings.hideAmounts
            ? home.onChainHidden
            : home.onChain(satsFigure(BigInt(balance.onChainSat) * 1_000n))}
        </Notice>
      ) : null}
    </View>
  );
}

/** Whether the wallet has no money and no entry yet. */
function isEmpty({ balance, moving, recent }: WalletSnapshot): boolean {
  return moving.length === 0 && recent.length === 0 && BigInt(balance?.totalMsat ?? "0") === 0n;
}
