import type { WalletSnapshot } from "@satsconnect/wallet/client";
import { useEffect, useState } from "react";
import { View } from "react-native";
import { Day } from "../../design/entry-row.tsx";
import { LiveLine } from "../../design/live-line.tsx";
import { Page } from "../../design/page.tsx";
import { Row, Rule } from "../../design/row.tsx";
import { SettingsRow } from "../../design/settings-row.tsx";
import { Button, ButtonGrid } from "../../design/button.tsx";
import { Amount } from "../../design/amount.tsx";
import { Type } from "../../design/type.tsx";
import { clock, dayName, deadline, kesFigure, satsFigure } from "../../money/format.ts";
import { historyDays, liveRow } from "../../money/history-rows.ts";
import { HistoryEntry } from "../parts/history-entry.tsx";
import { balanceKesCents, rateOf } from "../../money/snapshot.ts";
import { useMoney } from "../../money/use-money.ts";
import { useNow } from "../../money/use-now.ts";
import { useSnapshot, useWallet } from "../../node/use-wallet.ts";
import { HomeNotices } from "./home-notices.tsx";
import { OlderStateLine } from "./older-state-line.tsx";

/** How long a hidden balance stays visible after a tap. */
const peekMs = 10_000;

/** The home screen: the balance, payments in progress, and recent history. */
export function HomeScreen() {
  const { words, navigation, settings } = useMoney();
  const snapshot = useSnapshot();
  const now = useNow(true, snapshot.moving.length > 0 ? 1_000 : 30_000);
  const stopped = snapshot.phase === "replaced" || snapshot.phase === "failed";
  return (
    <Page
      testID="home"
      title={words.home.title}
      left={{
        icon: "menu",
        label: words.home.menu,
        onPress: () => {
          navigation.go({ name: "settings" });
        },
        testID: "home.menu",
      }}
      right={{
        icon: "scan",
        label: words.home.scan,
        onPress: () => {
          navigation.go({ name: "scan" });
        },
        testID: "home.scan",
      }}
      footColor={stopped ? "now" : "button"}
      foot={
        stopped ? (
          <Restart snapshot={snapshot} />
        ) : (
          <ButtonGrid
            actions={(["send", "receive", "buy", "sell"] as const).map((name) => ({
              icon: name,
              label: words.home[name],
              onPress: () => {
                navigation.go({ name });
              },
              testID: `home.${name}`,
            }))}
          />
        )
      }
    >
      <Balance snapshot={snapshot} now={now} />
      <Moving snapshot={snapshot} now={now} />
      <OlderStateLine snapshot={snapshot} now={now} />
      {settings.wordsDue ? (
        <SettingsRow
          icon="words"
          label={words.home.writeWords}
          detail={words.home.writeWordsDetail}
          needsAction={snapshot.moving.length === 0}
          onPress={() => {
            navigation.go({ name: "words" });
          }}
          testID="home.write-words"
        />
      ) : null}
      <HomeNotices snapshot={snapshot} now={now} />
      <Recent snapshot={snapshot} now={now} />
    </Page>
  );
}

/** The only action of a wallet that has stopped on this device: start it again. */
function Restart({ snapshot }: { readonly snapshot: WalletSnapshot }) {
  const { words } = useMoney();
  const wallet = useWallet();
  const [busy, setBusy] = useState(false);
  const replaced = snapshot.phase === "replaced";
  return (
    <Button
      icon={replaced ? "phone" : "more"}
      label={replaced ? words.home.replacedTakeOver : words.tryAgain}
      kind="go"
      busy={busy}
      onPress={() => {
        setBusy(true);
        void wallet.call(replaced ? "takeOver" : "retry", {}).finally(() => {
          setBusy(false);
        });
      }}
      testID={replaced ? "home.take-over" : "home.retry"}
    />
  );
}

type PartProps = { readonly snapshot: WalletSnapshot; readonly now: number };

function Balance({ snapshot, now }: PartProps) {
  const { words, settings } = useMoney();
  const [peeking, setPeeking] = useState(false);
  useEffect(() => {
    if (!peeking) return;
    const timer = setTimeout(() => {
      setPeeking(false);
    }, peekMs);
    return () => {
      clearTimeout(timer);
    };
  }, [peeking]);
  const hidden = settings.hideAmounts && !peeking;
  const { balance, rate } = snapshot;
  const cents = balanceKesCents(snapshot);
  const kes = cents === null ? null : kesFigure(cents);
  const sats = balance === null ? "0" : satsFigure(BigInt(balance.totalMsat));
  const old =
    balance !== null && snapshot.connection.api === "offline" && now - balance.at > 60_000;
  return (
    <View testID="home.balance-sum">
      <Amount
        label={
          balance === null
            ? words.home.balanceUnknown
            : old
              ? words.home.asOf(deadline(balance.at, now, words.days))
              : words.home.balance
        }
        kes={balance === null ? "—" : kes}
        sats={balance === null ? "—" : sats}
        units={words.units}
        hidden={hidden}
        satsFirst={settings.currencyFirst === "sats"}
        noPrice={rate === null ? words.home.noPrice : words.home.noPriceSince(clock(rate.at))}
        hint={hidden ? words.home.balanceHiddenHint : words.home.balanceHint}
        onPress={() => {
          if (hidden) setPeeking(true);
          else settings.setCurrencyFirst(settings.currencyFirst === "sats" ? "kes" : "sats");
        }}
        onLongPress={() => {
          setPeeking(false);
          settings.setHideAmounts(!settings.hideAmounts);
        }}
        testID="home.balance"
      />
    </View>
  );
}

/** If more payments than this are in progress, they are combined into one line. */
const maxLines = 2;

function Moving({ snapshot, now }: PartProps) {
  const { words, navigation, settings } = useMoney();
  const rate = rateOf(snapshot);
  const hidden = settings.hideAmounts;
  const rows = snapshot.moving.map((item) => {
    const row = liveRow(item, rate, now, words);
    return hidden ? { ...row, title: words.history.movingKind[item.kind] } : row;
  });
  if (rows.length > maxLines) {
    const ends = snapshot.moving.flatMap(({ deadlineAt }) =>
      deadlineAt === null ? [] : [deadlineAt],
    );
    const next = ends.length === 0 ? null : Math.min(...ends);
    const soonest = rows.find((_, index) => snapshot.moving[index]?.deadlineAt === next) ?? rows[0];
    return (
      <LiveLine
        countdown={soonest?.countdown ?? ""}
        title={words.home.several(rows.length)}
        detail={
          next === null
            ? words.home.severalOpen
            : words.home.severalNext(deadline(next, now, words.days))
        }
        onPress={() => {
          navigation.go({ name: "history" });
        }}
        testID="home.moving"
      />
    );
  }
  return rows.map((row) => (
    <LiveLine
      key={row.id}
      countdown={row.countdown}
      title={row.title}
      detail={row.detail}
      path={row.path}
      onPress={() => {
        navigation.go(
          row.orderId === null
            ? { name: "receipt", id: row.id }
            : { name: "order", orderId: row.orderId },
        );
      }}
      testID={`home.live.${row.id}`}
    />
  ));
}

function Recent({ snapshot, now }: PartProps) {
  const { words, navigation, settings } = useMoney();
  const rate = rateOf(snapshot);
  // Payments in progress are shown above, on lines of their own.
  const settled = snapshot.recent.filter(({ state }) => state !== "moving");
  const days = historyDays(settled, rate, now, words);
  // Before the node runs, it is not known whether payments are in progress.
  const quiet =
    snapshot.moving.length === 0 &&
    (snapshot.olderState === null || snapshot.olderState.stage === "unconfirmed") &&
    snapshot.balance !== null &&
    snapshot.recent.length > 0;
  const first = days[0];
  const today = dayName(now, now, words.days);
  const hidden = settings.hideAmounts;
  return (
    <View>
      {quiet ? (
        <View>
          {first?.name === today ? null : <Day day={today} />}
          {first?.name === today ? null : (
            <>
              <Rule />
              <Row
                style={{ minHeight: 48, paddingVertical: 12 }}
                margin={
                  <Type as="second" color="ink2">
                    {clock(now)}
                  </Type>
                }
              >
                <Type as="body">{words.home.quiet}</Type>
              </Row>
            </>
          )}
        </View>
      ) : null}
      {days.map((day) => (
        <View key={day.key}>
          <Day day={day.name} />
          {day.items.map((item) => (
            <HistoryEntry
              key={item.id}
              item={item}
              kesCentsPerBtc={rate}
              hidden={hidden}
              onPress={() => {
                navigation.go({ name: "receipt", id: item.id });
              }}
              testID={`home.entry.${item.id}`}
            />
          ))}
        </View>
      ))}
      {days.length === 0 && snapshot.phase === "ready" ? (
        <>
          <Rule />
          <Row style={{ paddingVertical: 12 }}>
            <Type as="body">{words.home.empty}</Type>
            <Type as="second" color="ink2">
              {words.home.emptyDetail}
            </Type>
          </Row>
        </>
      ) : null}
      {days.length > 0 ? (
        <SettingsRow
          icon="clock"
          label={words.home.all}
          onPress={() => {
            navigation.go({ name: "history" });
          }}
          testID="home.history"
        />
      ) : null}
      <Rule />
    </View>
  );
}
