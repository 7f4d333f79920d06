import type { Order } from "@satsconnect/contracts";
import type { Failure } from "@satsconnect/money";
import { useCallback, useEffect, useRef, useState } from "react";
import { useWallet } from "../node/use-wallet.ts";
import type { StateTimes } from "./order-path.ts";

export type FollowedOrder = {
  readonly order: Order | null;
  readonly times: StateTimes;
  /** Why the newest state could not be fetched; what is shown then is the last that was known. */
  readonly failure: Failure | null;
  /** The wallet's own payment for a sell has left and has not come back. */
  readonly isOut: boolean;
  readonly refresh: () => void;
};

const lookMs = 2_000;

/**
 * An order as it is now and when it reached each state: from its events, which are replayed from the first one, so that
 * a page that is opened after a reload or a day tells the same story.
 */
export function useOrder(orderId: string): FollowedOrder {
  const wallet = useWallet();
  const [order, setOrder] = useState<Order | null>(null);
  const [times, setTimes] = useState<StateTimes>({});
  const [failure, setFailure] = useState<Failure | null>(null);
  const asked = useRef(0);

  const refresh = useCallback(() => {
    asked.current += 1;
    const number = asked.current;
    const ask = async () => {
      const answer = await wallet.call("order", { orderId });
      // An older answer must not overwrite a newer one.
      if (number !== asked.current) return;
      if (answer.ok) {
        setOrder(answer.value);
        setFailure(null);
      } else setFailure(answer.error);
    };
    void ask();
  }, [wallet, orderId]);

  useEffect(() => {
    refresh();
    return wallet.followOrder(orderId, (event) => {
      setTimes((known) =>
        known[event.state] === undefined
          ? { ...known, [event.state]: Date.parse(event.at) }
          : known,
      );
      refresh();
    });
  }, [wallet, orderId, refresh]);

  const isOut = useIsOut(order);
  return { order, times, failure, isOut, refresh };
}

/** What this wallet's own node says of a sell that the operator calls over: asked until it is certain. */
function useIsOut(order: Order | null): boolean {
  const wallet = useWallet();
  const [isOut, setIsOut] = useState(false);
  const hash = order?.kind === "sell" && order.final ? order.paymentHash : null;
  useEffect(() => {
    setIsOut(false);
    if (hash === null) return;
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const answer = await wallet.call("payment", { paymentHash: hash });
      if (gone) return;
      const payment = answer.ok ? answer.value : null;
      setIsOut(payment?.direction === "outbound" && payment.state !== "ended");
      if (payment?.state === "moving") timer = setTimeout(() => void ask(), lookMs);
    };
    void ask();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [wallet, hash]);
  return isOut;
}
