import type { HistoryItem } from "@satsconnect/wallet/client";
import { useCallback, useEffect, useState } from "react";
import { useSnapshot, useWallet } from "../node/use-wallet.ts";

const pageSize = 50;

export type History = {
  readonly items: readonly HistoryItem[];
  /** False when some M-Pesa details could not be fetched. */
  readonly complete: boolean;
  readonly loading: boolean;
  /** Loads older entries; null when there are none. */
  readonly more: (() => void) | null;
};

/** The history, newest first, page by page. Reloaded whenever an entry changes. */
export function useHistory(): History {
  const wallet = useWallet();
  const { recent, moving } = useSnapshot();
  const [pages, setPages] = useState<readonly (readonly HistoryItem[])[]>([]);
  const [next, setNext] = useState<number | null>(null);
  const [complete, setComplete] = useState(true);
  const [loading, setLoading] = useState(true);
  // Changes when an entry is added, progresses or ends.
  const newest = [...moving, ...recent].map((item) => `${item.id}:${item.state}`).join(" ");

  useEffect(() => {
    let isUnmounted = false;
    const read = async () => {
      const answer = await wallet.call("history", { limit: pageSize });
      if (isUnmounted) return;
      setLoading(false);
      if (!answer.ok) {
        setComplete(false);
        return;
      }
      setPages([answer.value.items]);
      setComplete(answer.value.complete);
      setNext(answer.value.nextBefore);
    };
    void read();
    return () => {
      isUnmounted = true;
    };
  }, [wallet, newest]);

  const fetchMore = useCallback(
    async (before: number) => {
      const answer = await wallet.call("history", { limit: pageSize, before });
      if (!answer.ok) return;
      setPages((known) => [...known, answer.value.items]);
      setNext(answer.value.nextBefore);
    },
    [wallet],
  );

  return {
    items: pages.length === 0 ? recent : pages.flat(),
    complete,
    loading,
    more:
      next === null
        ? null
        : () => {
            void fetchMore(next);
          },
  };
}
