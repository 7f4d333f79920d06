import type { HistoryEntryDetail, PaymentView } from "@satsconnect/wallet/client";
import { useEffect, useState } from "react";
import { View } from "react-native";
import { Facts } from "../../design/fees.tsx";
import { MoneyPath } from "../../design/money-path.tsx";
import { Page } from "../../design/page.tsx";
import { Rule } from "../../design/row.tsx";
import { SettingsRow } from "../../design/settings-row.tsx";
import { Note, Button } from "../../design/button.tsx";
import { Amount } from "../../design/amount.tsx";
import { kesCentsOf, kesCentsUpOf, kesFigureNearest, satsFigure } from "../../money/format.ts";
import { paymentPath, paymentStatus } from "../../money/payment-path.ts";
import { currentPlace } from "../../money/order-path.ts";
import { failureMessage } from "../../money/failure-messages.ts";
import { paymentReceipt } from "../../money/receipt.ts";
import { rateOf } from "../../money/snapshot.ts";
import { useEntry } from "../../money/use-entry.ts";
import { useMoney } from "../../money/use-money.ts";
import { useNow } from "../../money/use-now.ts";
import { useSnapshot, useWallet } from "../../node/use-wallet.ts";
import { Notice, Statement } from "../parts/notice.tsx";
import { OrderScreen } from "../order-screen.tsx";
import { ReceiptPage } from "./receipt-page.tsx";

/**
 * One history entry: its receipt when it succeeded, its money path while it is in progress, the reason when it failed.
 */
export function ReceiptScreen({ id }: { readonly id: string }) {
  const { words, navigation } = useMoney();
  const { entry, failure } = useEntry(id);
  const close = {
    icon: "close",
    label: words.close,
    onPress: navigation.back,
    testID: "receipt.close",
  } as const;
  if (entry === null)
    return (
      <Page testID="entry.loading" title={words.home.title} left={close}>
        {failure === null ? (
          <Notice icon="clock">{words.receipt.loading}</Notice>
        ) : (
          <Statement>{words.receipt.notFound}</Statement>
        )}
      </Page>
    );
  if (entry.item.orderId !== null)
    return (
      <OrderScreen orderId={entry.item.orderId} back>
        <PaymentProof entry={entry} />
      </OrderScreen>
    );
  return <PaymentEntry entry={entry} onClose={close.onPress} />;
}

function PaymentEntry({
  entry,
  onClose,
}: {
  readonly entry: HistoryEntryDetail;
  readonly onClose: () => void;
}) {
  const { words } = useMoney();
  const snapshot = useSnapshot();
  const { item, payment } = entry;
  const now = useNow(item.state === "moving");
  const rate = rateOf(snapshot);
  if (payment !== null && item.state !== "done")
    return <OpenPayment entry={entry} payment={payment} now={now} onClose={onClose} />;
  const kes = item.amountKesCents === null ? null : BigInt(item.amountKesCents);
  const price = item.kesCentsPerBtc === null ? rate : BigInt(item.kesCentsPerBtc);
  const amount = BigInt(item.amountMsat);
  const fee = BigInt(item.feeMsat);
  const receipt = paymentReceipt(
    {
      id: item.id,
      kind: item.kind === "send" ? "send" : "receive",
      state: item.state,
      amountMsat: amount,
      feeMsat: fee,
      amountKesCents: kes ?? (price === null ? null : kesCentsOf(amount, price)),
      feeKesCents: price === null ? null : kesCentsUpOf(fee, price),
      kesCentsPerBtc: item.kesCentsPerBtc === null ? null : price,
      to: item.counterparty,
      note: item.description,
      at: item.at,
      endedAt: payment?.finishedAt ?? null,
    },
    now,
    words,
  );
  return (
    <ReceiptPage
      testID={`entry.${item.state}`}
      receipt={receipt}
      finished={item.state === "done"}
      onDone={onClose}
      fileName={`satsconnect-${(item.paymentHash ?? item.id).slice(0, 12)}`}
    >
      <PaymentProof entry={entry} />
    </ReceiptPage>
  );
}

type OpenPaymentProps = {
  readonly entry: HistoryEntryDetail;
  readonly payment: PaymentView;
  readonly now: number;
  readonly onClose: () => void;
};

/** A payment that is in progress, unknown, or failed. */
function OpenPayment({ entry, payment, now, onClose }: OpenPaymentProps) {
  const { words, navigation } = useMoney();
  const snapshot = useSnapshot();
  const rate = rateOf(snapshot);
  const { item } = entry;
  const status = paymentStatus(payment, now);
  const to = item.counterparty ?? item.description ?? words.send.noName;
  const steps = paymentPath(payment, to === "" ? words.send.noName : to, now, words);
  const amount = BigInt(item.amountMsat);
  const failed = status === "failed";
  return (
    <Page
      testID={`entry.${status}`}
      title={words.send.title}
      left={{ icon: "close", label: words.close, onPress: onClose, testID: "receipt.close" }}
      right={{
        icon: "help",
        label: words.help,
        onPress: () => {
          navigation.go({ name: "help" });
        },
        testID: "receipt.help",
      }}
      footColor="button"
      foot={
        <>
          {failed ? (
            <Button
              icon="send"
              label={words.send.again}
              kind="plain"
              onPress={() => {
                navigation.replace({ name: "send" });
              }}
              testID="payment.again"
            />
          ) : null}
          {payment.nodeState === "queued" && !failed ? (
            <CancelQueuedPayment payment={payment} />
          ) : null}
          <Button icon="check" label={words.done} onPress={onClose} testID="payment.done" />
        </>
      }
    >
      {failed ? (
        <Statement detail={words.send.failedDetail}>{words.send.failed}</Statement>
      ) : status === "unknown" ? (
        <Statement>{words.send.unknown}</Statement>
      ) : (
        <Amount
          label={status === "waiting" ? words.send.waitingSum : words.send.onTheWay}
          kes={rate === null ? null : kesFigureNearest(kesCentsOf(amount, rate))}
          sats={satsFigure(amount)}
          units={words.units}
          noPrice={words.home.noPrice}
          small
        />
      )}
      {failed || status === "unknown" ? <Rule /> : null}
      <MoneyPath steps={steps} summary={words.order.summary(currentPlace(steps).place)} />
      <PaymentProof entry={entry} />
    </Page>
  );
}

/** Cancels a payment that is waiting for a network. */
function CancelQueuedPayment({ payment }: { readonly payment: PaymentView }) {
  const { words, navigation } = useMoney();
  const wallet = useWallet();
  const [problem, setProblem] = useState<string | null>(null);
  const cancel = async () => {
    const answer = await wallet.call("cancelQueuedSend", { paymentHash: payment.paymentHash });
    if (answer.ok) navigation.reset({ name: "home" });
    else
      setProblem(
        answer.error.code === "already_paid"
          ? words.send.alreadyMoving
          : failureMessage(answer.error, words),
      );
  };
  return (
    <>
      {problem === null ? null : <Note>{problem}</Note>}
      <Button
        icon="close"
        label={words.send.takeBack}
        kind="plain"
        onPress={() => {
          void cancel();
        }}
        testID="payment.take-back"
      />
    </>
  );
}

/** Shows the payment hash, and the preimage only on request, because anyone who has it can claim to have paid. */
function PaymentProof({ entry }: { readonly entry: HistoryEntryDetail }) {
  const { words } = useMoney();
  const [shown, setShown] = useState(false);
  const hash = entry.item.paymentHash;
  // Hide the preimage again for another entry.
  useEffect(() => {
    setShown(false);
  }, [entry.item.id]);
  if (hash === null) return null;
  return (
    <View>
      <Facts facts={[{ label: words.receipt.hash, value: spaced(hash) }]} />
      {entry.preimage === null ? null : shown ? (
        <View testID="receipt.preimage">
          <Facts facts={[{ label: words.receipt.preimage, value: spaced(entry.preimage) }]} />
          <Note color="ink2">{words.receipt.preimageNote}</Note>
        </View>
      ) : (
        <SettingsRow
          icon="eye"
          label={words.receipt.preimageShow}
          onPress={() => {
            setShown(true);
          }}
          testID="receipt.preimage.show"
        />
      )}
    </View>
  );
}

/** Groups hex digits by eight, so that they wrap between groups and can be compared. */
function spaced(hex: string): string {
  return hex.replaceAll(/(.{8})(?=.)/gu, "$1 ");
}
