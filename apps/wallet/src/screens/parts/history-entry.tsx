import type { HistoryItem } from "@satsconnect/wallet/client";
import { EntryRow } from "../../design/entry-row.tsx";
import { historyRow } from "../../money/history-rows.ts";
import { useMoney } from "../../money/use-money.ts";

type HistoryEntryProps = {
  readonly item: HistoryItem;
  /** The current price; null without any. */
  readonly kesCentsPerBtc: bigint | null;
  /** Hides the amounts. */
  readonly hidden: boolean;
  readonly onPress: () => void;
  readonly testID: string;
};

/** One payment or order in a list. */
export function HistoryEntry({ item, kesCentsPerBtc, hidden, onPress, testID }: HistoryEntryProps) {
  const { words, settings } = useMoney();
  const row = historyRow(item, kesCentsPerBtc, words, settings.currencyFirst);
  return (
    <EntryRow
      time={row.time}
      title={row.title}
      detail={row.detail}
      amount={hidden ? "•••" : row.amount}
      {...(hidden ? {} : { secondaryAmount: row.secondaryAmount })}
      muted={row.muted}
      onPress={onPress}
      testID={testID}
    />
  );
}
