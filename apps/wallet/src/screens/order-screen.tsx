import { mpesaCodeOf } from "@satsconnect/contracts/mpesa/result-codes";
import type { Order } from "@satsconnect/contracts";
import { useState } from "react";
import type { ReactNode } from "react";
import { View } from "react-native";
import { Facts } from "../design/fees.tsx";
import { MoneyPath } from "../design/money-path.tsx";
import { Page } from "../design/page.tsx";
import { Rule } from "../design/row.tsx";
import { Note, Button } from "../design/button.tsx";
import { Amount } from "../design/amount.tsx";
import {
  centsOfRate,
  deadline,
  kesCentsOf,
  kesFigure,
  msatOf,
  satsFigure,
} from "../money/format.ts";
import { formatMaskedPhone } from "../money/phone-number.ts";
import { orderEnd } from "../money/order-end.ts";
import type { OrderAction, OrderEnd } from "../money/order-end.ts";
import { orderPath, currentPlace } from "../money/order-path.ts";
import type { StateTimes } from "../money/order-path.ts";
import { failureMessage } from "../money/failure-messages.ts";
import { useMoney } from "../money/use-money.ts";
import { useNow } from "../money/use-now.ts";
import { useOrder } from "../money/use-order.ts";
import { useWallet } from "../node/use-wallet.ts";
import { useKeepUnlocked } from "../session/keep-unlocked.ts";
import { Notice, Statement } from "./parts/notice.tsx";
import { OrderReceipt } from "./receipt/order-receipt.tsx";

type OrderScreenProps = {
  readonly orderId: string;
  /** Opened from a list: closing goes back to it instead of home. */
  readonly back?: boolean;
  /** Below the receipt's facts. */
  readonly children?: ReactNode;
};

/** A buy or sell, followed through its events until its end: where the money is, and what to do. */
export function OrderScreen({ orderId, back = false, children }: OrderScreenProps) {
  const { words, navigation } = useMoney();
  const { order, times, failure, isPaymentUnreturned, refresh } = useOrder(orderId);
  const home = () => {
    if (back) navigation.back();
    else navigation.reset({ name: "home" });
  };
  if (order === null)
    return (
      <Page
        testID="order.loading"
        title={words.home.title}
        left={{ icon: "close", label: words.close, onPress: home, testID: "order.close" }}
        footColor="page"
        foot={
          failure === null ? null : (
            <Button
              icon="clock"
              label={words.tryAgain}
              kind="plain"
              onPress={refresh}
              testID="order.retry"
            />
          )
        }
      >
        {failure === null ? (
          <Notice icon="clock">{words.order.loading}</Notice>
        ) : (
          <Statement>
            {failure.code === "order_not_found"
              ? words.order.notFound
              : failure.code === "network_unreachable" || failure.code === "answer_timed_out"
                ? words.order.unseen
                : failureMessage(failure, words)}
          </Statement>
        )}
      </Page>
    );
  const end = orderEnd(order, times, words, isPaymentUnreturned);
  if (end?.outcome === "succeeded")
    return (
      <OrderReceipt order={order} times={times} onDone={home}>
        {children}
      </OrderReceipt>
    );
  if (end !== null)
    return (
      <EndedOrder
        order={order}
        times={times}
        end={end}
        isPaymentUnreturned={isPaymentUnreturned}
        onDone={home}
      />
    );
  return (
    <MovingOrder
      order={order}
      times={times}
      offline={failure !== null}
      onDone={home}
      onChange={refresh}
    />
  );
}

type MovingProps = {
  readonly order: Order;
  readonly times: StateTimes;
  readonly offline: boolean;
  readonly onDone: () => void;
  readonly onChange: () => void;
};

function MovingOrder({ order, times, offline, onDone, onChange }: MovingProps) {
  const { words, navigation } = useMoney();
  // a buy is received only while the wallet is unlocked; a sell continues without it
  useKeepUnlocked(order.kind === "buy" || order.state === "owed" || order.state === "refunding");
  const now = useNow(true);
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const steps = orderPath({ order, times, now, words });
  const prompting = order.state === "stk_requested" || order.state === "stk_unknown";
  const until =
    order.deadlineAt === null ? "" : deadline(Date.parse(order.deadlineAt), now, words.days);
  const phone = formatMaskedPhone(order.msisdn);
  const note = noteOf(order, until, words);
  if (isHelpOpen && prompting)
    return (
      <Page
        testID="order.no-prompt"
        title={words.order.noPromptTitle}
        left={{
          icon: "back",
          label: words.back,
          onPress: () => {
            setIsHelpOpen(false);
          },
          testID: "order.no-prompt.back",
        }}
        foot={
          <Button
            icon="back"
            label={words.order.noPromptBack}
            kind="plain"
            onPress={() => {
              setIsHelpOpen(false);
            }}
            testID="order.no-prompt.return"
          />
        }
      >
        <Notice icon="phone">{words.order.noPromptHelp(phone, until)}</Notice>
        <Note>{words.order.pinNote}</Note>
      </Page>
    );
  return (
    <Page
      testID={`order.${order.state}`}
      title={order.kind === "buy" ? words.order.buyTitle : words.order.sellTitle}
      left={{ icon: "back", label: words.back, onPress: onDone, testID: "order.back" }}
      right={{
        icon: "help",
        label: words.help,
        onPress: () => {
          navigation.go({ name: "help" });
        },
        testID: "order.help",
      }}
      footColor={prompting ? "page" : "button"}
      foot={
        <>
          <CancelOrder order={order} onChange={onChange} />
          {prompting ? (
            <Button
              icon="phone"
              label={words.order.noPrompt}
              kind="plain"
              onPress={() => {
                setIsHelpOpen(true);
              }}
              testID="order.no-prompt"
            />
          ) : (
            <Button icon="close" label={words.close} onPress={onDone} testID="order.close" />
          )}
        </>
      }
    >
      <OrderAmount order={order} />
      <MoneyPath spacious steps={steps} summary={words.order.summary(currentPlace(steps).place)} />
      {offline ? <Note>{words.order.offline}</Note> : null}
      {note === null ? null : <Note>{note}</Note>}
    </Page>
  );
}

/** A note about what happens if the order fails from here on; null where it can no longer fail. */
function noteOf(
  order: Order,
  until: string,
  words: ReturnType<typeof useMoney>["words"],
): string | null {
  switch (order.state) {
    case "stk_requested":
      return `${words.order.pinNote} ${words.order.pinDeadline(until)}`;
    case "stk_unknown": {
      const refused = mpesaCodeOf(order.kind, order.reason ?? "");
      return refused === null ? words.order.pinNote : words.order.mpesaRefused(refused.code);
    }
    case "kes_received":
    case "paying":
    case "invoice_needed":
      return words.order.backBy(kesFigure(BigInt(order.amountKesCents)));
    case "refunding":
    case "returning":
    case "owed":
      return words.end.sellRefusedDetail;
    case "invoice_open":
    case "held":
    case "payout_requested":
    case "payout_unknown":
      return words.order.satsBack(satsFigure(BigInt(order.amountMsat)));
    default:
      return null;
  }
}

/** The amount above the path, with a label that says where it is going. */
function OrderAmount({ order }: { readonly order: Order }) {
  const { words } = useMoney();
  const rate = centsOfRate(order.rateKesPerBtc);
  const prompting = order.state === "stk_requested" || order.state === "stk_unknown";
  const back = order.state === "refunding" || order.state === "returning" || order.state === "owed";
  const label =
    order.kind === "buy"
      ? prompting
        ? words.order.youPay
        : back
          ? words.order.goingBackKes
          : words.order.onItsWay
      : back
        ? words.order.goingBackSats
        : words.order.payingOut;
  // Sats that arrive are worth the amount minus fees. A payment to M-Pesa or a refund is the whole amount.
  const isAfterFees = order.kind === "buy" ? !prompting && !back : back;
  const shownKesCents = isAfterFees
    ? kesCentsOf(BigInt(order.amountMsat), rate)
    : BigInt(order.amountKesCents);
  // A sell takes more sats than M-Pesa pays out, because it includes the fees.
  const sats =
    order.kind === "sell" && !back
      ? msatOf(BigInt(order.amountKesCents), rate)
      : BigInt(order.amountMsat);
  return (
    <Amount
      label={label}
      kes={kesFigure(shownKesCents)}
      sats={satsFigure(sats)}
      units={words.units}
      small
      testID="order.sum"
    />
  );
}

/** The cancel button of a buy, where the order allows it. */
function CancelOrder({
  order,
  onChange,
}: {
  readonly order: Order;
  readonly onChange: () => void;
}) {
  const { words } = useMoney();
  const wallet = useWallet();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  if (!order.actions.includes("cancel") || order.kind === "sell") return null;
  const cancel = async () => {
    setBusy(true);
    const answer = await wallet.call("cancelOrder", { orderId: order.id });
    setBusy(false);
    setProblem(answer.ok ? null : failureMessage(answer.error, words));
    onChange();
  };
  return (
    <>
      {problem === null ? null : <Note>{problem}</Note>}
      <Button
        icon="close"
        label={words.order.cancel}
        kind="plain"
        busy={busy}
        onPress={() => {
          void cancel();
        }}
        testID="order.cancel"
      />
    </>
  );
}

type EndedProps = {
  readonly order: Order;
  readonly times: StateTimes;
  readonly end: OrderEnd;
  /** The wallet's payment has not been returned, so the path according to the operator's state is not shown. */
  readonly isPaymentUnreturned: boolean;
  readonly onDone: () => void;
};

/** An order that failed, or that a person is handling: what happened, where the money is, what to do next. */
function EndedOrder({ order, times, end, isPaymentUnreturned, onDone }: EndedProps) {
  const { words, navigation } = useMoney();
  const now = useNow(end.outcome === "open");
  const steps = orderPath({ order, times, now, words });
  const buttons: Readonly<
    Record<
      OrderAction,
      {
        readonly icon: "phone" | "buy" | "sell" | "help" | "check";
        readonly label: string;
        readonly onPress: () => void;
      }
    >
  > = {
    again: {
      icon: order.kind,
      label: order.kind === "buy" ? words.order.newBuy : words.order.newSell,
      onPress: () => {
        navigation.replace({ name: order.kind });
      },
    },
    otherNumber: {
      icon: "phone",
      label: words.order.otherNumber,
      onPress: () => {
        navigation.replace({ name: "sell" });
      },
    },
    talk: {
      icon: "help",
      label: words.order.talk,
      onPress: () => {
        navigation.go({ name: "help" });
      },
    },
    cancel: { icon: "check", label: words.done, onPress: onDone },
    receipt: { icon: "check", label: words.done, onPress: onDone },
  };
  return (
    <Page
      testID={`order.${order.state}`}
      title={order.kind === "buy" ? words.order.buyTitle : words.order.sellTitle}
      left={{ icon: "close", label: words.close, onPress: onDone, testID: "order.close" }}
      right={{
        icon: "help",
        label: words.help,
        onPress: () => {
          navigation.go({ name: "help" });
        },
        testID: "order.help",
      }}
      footColor="button"
      foot={
        <>
          {end.actions.slice(0, 2).map((name) => (
            <Button key={name} kind="plain" {...buttons[name]} testID={`order.${name}`} />
          ))}
          <Button icon="check" label={words.done} onPress={onDone} testID="order.done" />
        </>
      }
    >
      <View testID="order.end">
        <Statement detail={end.detail}>{end.statement}</Statement>
      </View>
      <Rule />
      {isPaymentUnreturned && end.outcome === "open" ? null : (
        <MoneyPath steps={steps} summary={words.order.summary(currentPlace(steps).place)} />
      )}
      {end.nextStep === null ? null : <Note>{end.nextStep}</Note>}
      {end.reference === undefined ? null : (
        <Facts facts={[{ label: words.order.number, value: end.reference }]} />
      )}
    </Page>
  );
}
