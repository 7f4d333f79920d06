import type { Failure } from "@satsconnect/money";
import type { HistoryEntryDetail } from "@satsconnect/wallet/client";
import { useEffect, useState } from "react";
import { useSnapshot, useWallet } from "../node/use-wallet.ts";

/** How often an entry that is on its way is looked at, besides whenever the wallet says that something moved. */
const lookMs = 2_000;

/** One entry with everything that is known of it, kept fresh until it has ended. */
export function useEntry(id: string): {
  readonly entry: HistoryEntryDetail | null;
  readonly failure: Failure | null;
} {
  const wallet = useWallet();
  const { recent, moving } = useSnapshot();
  const [entry, setEntry] = useState<HistoryEntryDetail | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const waits = entry === null || entry.item.state === "moving";
  useEffect(() => {
    let gone = false;
    const look = async () => {
      const answer = await wallet.call("entry", { id });
      if (gone) return;
      if (answer.ok) {
        setEntry(answer.value);
        setFailure(null);
      } else setFailure(answer.error);
    };
    void look();
    if (!waits)
      return () => {
        gone = true;
      };
    const timer = setInterval(() => void look(), lookMs);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [wallet, id, waits, recent, moving]);
  return { entry, failure };
}
