import type { Order } from "@satsconnect/contracts";
import type { ReactNode } from "react";
import type { StateTimes } from "../../money/order-path.ts";
import { orderReceipt } from "../../money/receipt.ts";
import { balanceKesCents } from "../../money/snapshot.ts";
import { useMoney } from "../../money/use-money.ts";
import { useSnapshot } from "../../node/use-wallet.ts";
import { ReceiptPage } from "./receipt-page.tsx";

type OrderReceiptProps = {
  readonly order: Order;
  readonly times: StateTimes;
  readonly onDone: () => void;
  readonly children?: ReactNode;
};

/** The receipt of a successful buy or sell. */
export function OrderReceipt({ order, times, onDone, children }: OrderReceiptProps) {
  const { words, settings } = useMoney();
  const snapshot = useSnapshot();
  const balance = settings.hideAmounts ? null : balanceKesCents(snapshot);
  return (
    <ReceiptPage
      testID={`order.${order.state}`}
      receipt={orderReceipt(order, times, balance, Date.now(), words)}
      finished
      onDone={onDone}
      fileName={`satsconnect-${order.mpesaReceipt ?? order.id.slice(-12)}`}
    >
      {children}
    </ReceiptPage>
  );
}
