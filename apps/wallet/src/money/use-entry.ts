import type { Failure } from "@satsconnect/money";
import type { HistoryEntryDetail } from "@satsconnect/wallet/client";
import { useEffect, useState } from "react";
import { useSnapshot, useWallet } from "../node/use-wallet.ts";

/** Poll interval for an entry in progress, besides every change of the snapshot. */
const pollMs = 2_000;

/** One history entry with all its details, refreshed until it has ended. */
export function useEntry(id: string): {
  readonly entry: HistoryEntryDetail | null;
  readonly failure: Failure | null;
} {
  const wallet = useWallet();
  const { recent, moving } = useSnapshot();
  const [entry, setEntry] = useState<HistoryEntryDetail | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const needsPolling = entry === null || entry.item.state === "moving";
  useEffect(() => {
    let isUnmounted = false;
    const load = async () => {
      const answer = await wallet.call("entry", { id });
      if (isUnmounted) return;
      if (answer.ok) {
        setEntry(answer.value);
        setFailure(null);
      } else setFailure(answer.error);
    };
    void load();
    if (!needsPolling)
      return () => {
        isUnmounted = true;
      };
    const timer = setInterval(() => void load(), pollMs);
    return () => {
      isUnmounted = true;
      clearInterval(timer);
    };
  }, [wallet, id, needsPolling, recent, moving]);
  return { entry, failure };
}
