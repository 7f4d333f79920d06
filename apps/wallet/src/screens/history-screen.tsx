import type { HistoryItem } from "@satsconnect/wallet/client";
import { useEffect, useState } from "react";
import { View } from "react-native";
import { QuickAmounts } from "../design/keys.tsx";
import { Day } from "../design/entry-row.tsx";
import { LiveLine } from "../design/live-line.tsx";
import { Page } from "../design/page.tsx";
import { Row, Rule } from "../design/row.tsx";
import { SettingsRow } from "../design/settings-row.tsx";
import { Note, Button } from "../design/button.tsx";
import { Type } from "../design/type.tsx";
import { calendar } from "../money/format.ts";
import { kesOf, historyDays, liveRow, matchesSearch } from "../money/history-rows.ts";
import { HistoryEntry } from "./parts/history-entry.tsx";
import type { HistoryFilter } from "../money/history-rows.ts";
import { kesFigure, satsFigure } from "../money/format.ts";
import { rateOf } from "../money/snapshot.ts";
import { useHistory } from "../money/use-history.ts";
import { useMoney } from "../money/use-money.ts";
import { useNow } from "../money/use-now.ts";
import { useSnapshot, useWallet } from "../node/use-wallet.ts";
import { Field } from "./parts/field.tsx";
import { Notice } from "./parts/notice.tsx";
import { shareFile } from "./parts/share";

const filters: readonly HistoryFilter[] = ["all", "buy", "sell", "send", "receive"];

/** The whole history, offline too, with filters, search and export as a CSV file. */
export function HistoryScreen() {
  const { words, navigation, settings } = useMoney();
  const snapshot = useSnapshot();
  const now = useNow(true, snapshot.moving.length > 0 ? 1_000 : 60_000);
  const [filter, setFilter] = useState<HistoryFilter>("all");
  const [search, setSearch] = useState("");
  const [searching, setSearching] = useState(false);
  const { items, complete, loading, more } = useHistory();
  const rate = rateOf(snapshot);
  const hidden = settings.hideAmounts;
  const fits = (item: HistoryItem) =>
    (filter === "all" || item.kind === filter) && matchesSearch(item, search, rate, words);
  const shown = items.filter((item) => item.state !== "moving" && fits(item));
  const moving = snapshot.moving.filter(fits);
  const days = historyDays(shown, rate, now, words);
  // The oldest day may have entries that are not loaded yet, so its net amount may be incomplete.
  const partial = loading || more !== null;
  const nothing = shown.length === 0 && moving.length === 0;
  const narrowed = filter !== "all" || search.trim() !== "";
  const open = (item: HistoryItem) => {
    navigation.go(
      item.state === "moving" && item.orderId !== null
        ? { name: "order", orderId: item.orderId }
        : { name: "receipt", id: item.id },
    );
  };
  return (
    <Page
      testID="history"
      title={words.history.title}
      left={{
        icon: "back",
        label: words.back,
        onPress: navigation.back,
        testID: "history.back",
      }}
      right={{
        icon: searching ? "close" : "search",
        label: searching ? words.history.clear : words.history.search,
        onPress: () => {
          setSearching(!searching);
          setSearch("");
          setFilter("all");
        },
        testID: "history.search",
      }}
      foot={<ExportCsv now={now} off={items.length === 0} />}
    >
      {searching ? (
        <>
          <Field
            label={words.history.search}
            hint={words.history.searchHint}
            value={search}
            onChange={setSearch}
            keyboard="search"
            autoFocus
            maxLength={80}
            testID="history.search.field"
          />
          <QuickAmounts
            amounts={filters.map((key) => ({ key, label: words.history.filters[key] }))}
            chosen={filter}
            onChoose={(key) => {
              setFilter(filters.find((known) => known === key) ?? "all");
            }}
            testID="history.filter"
          />
        </>
      ) : null}
      {moving.map((item) => {
        const row = liveRow(item, rate, now, words);
        const cents = kesOf(item, rate);
        return (
          <LiveLine
            key={item.id}
            countdown={row.countdown}
            title={words.history.movingKind[item.kind]}
            detail={row.detail}
            {...(hidden
              ? {}
              : {
                  figure: cents === null ? satsFigure(BigInt(item.amountMsat)) : kesFigure(cents),
                })}
            onPress={() => {
              open(item);
            }}
            testID={`history.live.${item.id}`}
          />
        );
      })}
      {days.map((day, index) => (
        <View key={day.key}>
          <Day
            day={day.name}
            {...(day.net === null || hidden || (partial && index === days.length - 1)
              ? {}
              : { net: day.net })}
          />
          {day.items.map((item) => (
            <HistoryEntry
              key={item.id}
              item={item}
              kesCentsPerBtc={rate}
              hidden={hidden}
              onPress={() => {
                open(item);
              }}
              testID={`history.entry.${item.id}`}
            />
          ))}
        </View>
      ))}
      {nothing ? (
        <View testID="history.empty">
          <Rule />
          <Row style={{ paddingVertical: 12 }}>
            <Type as="body">
              {loading
                ? words.history.loading
                : narrowed
                  ? words.history.nothingFound
                  : words.history.empty}
            </Type>
            {loading || narrowed ? null : (
              <Type as="second" color="ink2">
                {words.history.emptyDetail}
              </Type>
            )}
          </Row>
        </View>
      ) : null}
      {loading && !nothing ? <Notice icon="clock">{words.history.loading}</Notice> : null}
      {more === null ? null : (
        <SettingsRow icon="clock" label={words.history.more} onPress={more} testID="history.more" />
      )}
      {complete ? null : <Note color="ink2">{words.history.incomplete}</Note>}
    </Page>
  );
}

/** Exports the history as CSV, for bookkeeping or tax. */
function ExportCsv({ now, off }: { readonly now: number; readonly off: boolean }) {
  const { words } = useMoney();
  const wallet = useWallet();
  const [busy, setBusy] = useState(false);
  const [message, setMessage] = useState<string | null>(null);
  useEffect(() => {
    if (message === null) return;
    const timer = setTimeout(() => {
      setMessage(null);
    }, 6_000);
    return () => {
      clearTimeout(timer);
    };
  }, [message]);
  const exportCsv = async () => {
    setBusy(true);
    const csv = await wallet.call("exportCsv", {});
    setBusy(false);
    if (!csv.ok) {
      setMessage(words.history.csvFailed);
      return;
    }
    const { year, month, date } = calendar(now);
    const day = `${String(year)}-${String(month + 1).padStart(2, "0")}-${String(date).padStart(2, "0")}`;
    const shared = await shareFile(words.history.csvName(day), "text/csv", csv.value);
    setMessage(
      shared === "failed"
        ? words.history.csvFailed
        : shared === "closed"
          ? null
          : words.history.csvDone,
    );
  };
  return (
    <>
      {message === null ? null : <Note>{message}</Note>}
      <Button
        icon="receive"
        label={words.history.csv}
        kind="plain"
        off={off}
        busy={busy}
        onPress={() => {
          void exportCsv();
        }}
        testID="history.csv"
      />
    </>
  );
}
