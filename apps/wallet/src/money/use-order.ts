import type { Order } from "@satsconnect/contracts";
import type { Failure } from "@satsconnect/money";
import { useCallback, useEffect, useRef, useState } from "react";
import { useWallet } from "../node/use-wallet.ts";
import type { StateTimes } from "./order-path.ts";

export type FollowedOrder = {
  readonly order: Order | null;
  readonly times: StateTimes;
  /** Why the latest state could not be loaded; the order shown is then the last known one. */
  readonly failure: Failure | null;
  /** The wallet's own payment for a finished sell was sent and has not been returned. */
  readonly isPaymentUnreturned: boolean;
  readonly refresh: () => void;
};

const pollMs = 2_000;

/**
 * The current state of an order and when it reached each state. The times come from the order's events, which are
 * replayed from the first one, so they are the same after a reload or a day later.
 */
export function useOrder(orderId: string): FollowedOrder {
  const wallet = useWallet();
  const [order, setOrder] = useState<Order | null>(null);
  const [times, setTimes] = useState<StateTimes>({});
  const [failure, setFailure] = useState<Failure | null>(null);
  const requestNumber = useRef(0);

  const refresh = useCallback(() => {
    requestNumber.current += 1;
    const number = requestNumber.current;
    const load = async () => {
      const answer = await wallet.call("order", { orderId });
      // an older answer must not overwrite a newer one
      if (number !== requestNumber.current) return;
      if (answer.ok) {
        setOrder(answer.value);
        setFailure(null);
      } else setFailure(answer.error);
    };
    void load();
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

  const isPaymentUnreturned = useIsPaymentUnreturned(order);
  return { order, times, failure, isPaymentUnreturned, refresh };
}

/**
 * For a sell that the operator calls final: whether the wallet's own payment was sent and has not been returned.
 * Polled until the node is certain.
 */
function useIsPaymentUnreturned(order: Order | null): boolean {
  const wallet = useWallet();
  const [isPaymentUnreturned, setIsPaymentUnreturned] = useState(false);
  const hash = order?.kind === "sell" && order.final ? order.paymentHash : null;
  useEffect(() => {
    setIsPaymentUnreturned(false);
    if (hash === null) return;
    let isUnmounted = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      const answer = await wallet.call("payment", { paymentHash: hash });
      if (isUnmounted) return;
      const payment = answer.ok ? answer.value : null;
      setIsPaymentUnreturned(payment?.direction === "outbound" && payment.state !== "ended");
      if (payment?.state === "moving") timer = setTimeout(() => void load(), pollMs);
    };
    void load();
    return () => {
      isUnmounted = true;
      clearTimeout(timer);
    };
  }, [wallet, hash]);
  return isPaymentUnreturned;
}
