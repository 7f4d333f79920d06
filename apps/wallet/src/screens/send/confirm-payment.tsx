import { sendLaterUntil } from "@satsconnect/wallet/client";
import type { SendPreview } from "@satsconnect/wallet/client";
import { View } from "react-native";
import { Facts, Fees } from "../../design/fees.tsx";
import { Page } from "../../design/page.tsx";
import { Row, Rule } from "../../design/row.tsx";
import { HoldToConfirmButton, Note, Button } from "../../design/button.tsx";
import { Amount } from "../../design/amount.tsx";
import { Type } from "../../design/type.tsx";
import {
  codeEnd,
  deadline,
  kesCentsOf,
  kesCentsUpOf,
  kesExact,
  kesFigure,
  kesFigureNearest,
  satsExact,
  satsFigure,
  satsFigureUp,
} from "../../money/format.ts";
import { balanceAfter, rateOf, spendableMsat } from "../../money/snapshot.ts";
import { useMoney } from "../../money/use-money.ts";
import { useNow } from "../../money/use-now.ts";
import { useSnapshot } from "../../node/use-wallet.ts";
import { payeeName } from "./payable.ts";
import type { Payable } from "./payable.ts";

type ConfirmPaymentProps = {
  readonly payable: Payable;
  readonly preview: SendPreview;
  readonly busy: boolean;
  readonly problem: string | null;
  /** The payment failed for lack of a network and can be queued. */
  readonly canQueue: boolean;
  readonly onQueue: () => void;
  readonly onBack: () => void;
  readonly onPay: () => void;
};

/** The page before paying: the amount, the payee, the maximum cost, and the button to hold. */
export function ConfirmPayment({
  payable,
  preview,
  busy,
  problem,
  canQueue,
  onQueue,
  onBack,
  onPay,
}: ConfirmPaymentProps) {
  const { words, settings } = useMoney();
  const { send } = words;
  const snapshot = useSnapshot();
  const now = useNow(true);
  const rate = rateOf(snapshot);
  const amount = BigInt(preview.amountMsat);
  const fee = BigInt(preview.maxFeeMsat);
  const spendable = spendableMsat(snapshot) ?? BigInt(preview.spendableMsat);
  const write = (msat: bigint): string =>
    rate === null ? satsExact(msat) : kesExact(kesCentsOf(msat, rate));
  const writeFee = rate === null ? satsExact(fee) : kesExact(kesCentsUpOf(fee, rate));
  const writeTotal =
    rate === null
      ? satsExact(amount + fee)
      : kesExact(kesCentsOf(amount, rate) + kesCentsUpOf(fee, rate));
  const kes = rate === null ? null : kesFigureNearest(kesCentsOf(amount, rate));
  const tooMuch = amount > spendable;
  const ended = payable.invoice.expiresAt <= now;
  const { decoded, invoice } = payable;
  const name = payeeName(payable);
  const second =
    decoded.label !== null && invoice.description !== null && invoice.description !== ""
      ? invoice.description
      : send.node(`${invoice.payee.slice(0, 8)}…${invoice.payee.slice(-6)}`);
  const left = settings.hideAmounts ? null : balanceAfter(snapshot, amount + fee);
  return (
    <Page
      testID="send.confirm"
      title={send.title}
      left={{ icon: "back", label: words.back, onPress: onBack, testID: "send.confirm.back" }}
      footColor={tooMuch || ended ? "margin" : "now"}
      foot={
        <>
          <Note>
            {problem ??
              (ended
                ? send.ended
                : canQueue
                  ? send.offlineNow(
                      deadline(sendLaterUntil(invoice.expiresAt, now), now, words.days),
                    )
                  : tooMuch
                    ? settings.hideAmounts
                      ? words.problem.insufficient_balance
                      : send.aboveBalance(formatAmount(amount + fee), formatAmount(spendable))
                    : send.final)}
          </Note>
          {canQueue && !ended ? (
            <Button
              icon="clock"
              label={send.later}
              kind="plain"
              busy={busy}
              onPress={onQueue}
              testID="send.later"
            />
          ) : null}
          <HoldToConfirmButton
            icon="send"
            figure={kes === null ? words.sats(satsFigureUp(amount)) : words.kes(kes)}
            labels={{
              rest: send.hold,
              holding: send.holding,
              confirm: send.confirm,
              tap: send.tap,
            }}
            onConfirm={onPay}
            off={tooMuch || ended}
            busy={busy}
            testID="send.hold"
          />
        </>
      }
    >
      <Amount
        label={send.youSend}
        kes={kes}
        sats={satsExact(amount)}
        units={words.units}
        noPrice={words.home.noPrice}
        testID="send.sum"
      />
      <Rule />
      <Row
        style={{ paddingVertical: 8 }}
        margin={
          <Type as="second" color="ink2">
            {send.to}
          </Type>
        }
      >
        <View testID="send.payee">
          <Type as="payee" numberOfLines={3}>
            {name === null || name === "" ? send.noName : name}
          </Type>
          <Type as="second" color="ink2" numberOfLines={2}>
            {second}
          </Type>
        </View>
      </Row>
      <Fees
        lines={[
          { sign: "", label: send.amount, amount: write(amount) },
          { sign: "+", label: send.fee, amount: writeFee },
        ]}
        total={{ label: send.total, amount: writeTotal }}
      />
      <Facts
        facts={[
          { label: send.arrives, value: send.arrivesValue },
          ...(left === null
            ? []
            : [
                {
                  label: send.afterwards,
                  value:
                    rate === null
                      ? words.sats(satsFigure(left))
                      : words.kes(kesFigure(kesCentsOf(left, rate))),
                },
              ]),
          {
            label: send.validUntil,
            value: codeEnd(invoice.expiresAt, now, words.days, send.never),
          },
        ]}
      />
    </Page>
  );

  function formatAmount(msat: bigint): string {
    return rate === null
      ? words.sats(satsFigureUp(msat))
      : words.kes(kesExact(kesCentsOf(msat, rate)));
  }
}
