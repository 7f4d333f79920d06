import type { PaymentView, SendPreview } from "@satsconnect/wallet/client";
import { useCallback, useEffect, useState } from "react";
import { Page } from "../../design/page.tsx";
import { Note, Button, ButtonGrid } from "../../design/button.tsx";
import { amountMsat, emptyAmount, checkAmount } from "../../money/amount-input.ts";
import type { AmountInput } from "../../money/amount-input.ts";
import { failureMessage } from "../../money/failure-messages.ts";
import { unpayableMessage } from "../../money/unpayable-messages.ts";
import { receiptIdOf } from "../../money/receipt-id.ts";
import { rateOf, spendableMsat } from "../../money/snapshot.ts";
import { useMoney } from "../../money/use-money.ts";
import { useSnapshot, useWallet } from "../../node/use-wallet.ts";
import { AmountPage } from "../parts/amount-page.tsx";
import { Field } from "../parts/field.tsx";
import { Notice, Statement } from "../parts/notice.tsx";
import { AmountNote } from "../parts/amount-note.tsx";
import { pasteText } from "../parts/share";
import { ConfirmPayment } from "./confirm-payment.tsx";
import { payeeName } from "./payable.ts";
import type { Payable } from "./payable.ts";

/** The wallet refuses longer texts. */
const maxCodeLength = 10_000;

type Stage =
  | { readonly name: "enter" }
  | { readonly name: "reading" }
  | { readonly name: "refused"; readonly statement: string; readonly detail: string | null }
  | { readonly name: "amount"; readonly payable: Payable }
  | { readonly name: "confirm"; readonly payable: Payable; readonly preview: SendPreview }
  | { readonly name: "earlier"; readonly payment: PaymentView };

/** Pays a code: the amount, the maximum cost, then a button to hold. */
export function SendScreen({ text }: { readonly text?: string | undefined }) {
  const { words, navigation, settings, authorize } = useMoney();
  const wallet = useWallet();
  const snapshot = useSnapshot();
  const [stage, setStage] = useState<Stage>(
    text === undefined ? { name: "enter" } : { name: "reading" },
  );
  const [typed, setTyped] = useState("");
  const [message, setMessage] = useState<string | null>(null);
  const [input, setInput] = useState<AmountInput>({ ...emptyAmount, unit: settings.currencyFirst });
  const [busy, setBusy] = useState(false);
  const [canQueue, setCanQueue] = useState(false);
  const rate = rateOf(snapshot);
  const { send } = words;
  // if the phone's clock is wrong, the code may not have expired
  const clockHint =
    snapshot.clockAheadMs === 0 ? null : `${words.home.clockWrong} ${words.home.clockWrongDetail}`;

  const preview = useCallback(
    async (payable: Payable, chosen: bigint | null) => {
      const answer = await wallet.call("previewSend", {
        invoice: payable.invoice.invoice,
        ...(chosen === null ? {} : { amountMsat: chosen.toString() }),
      });
      if (!answer.ok) {
        switch (answer.error.code) {
          case "amount_needed":
            setStage({ name: "amount", payable });
            return;
          case "invoice_expired":
            setStage({ name: "refused", statement: send.ended, detail: clockHint });
            return;
          case "invoice_own":
            setStage({ name: "refused", statement: send.own, detail: null });
            return;
          case "invoice_wrong_network":
            setStage({ name: "refused", statement: send.wrongNetwork, detail: null });
            return;
          default:
            setStage({
              name: "refused",
              statement: failureMessage(answer.error, words),
              detail: null,
            });
            return;
        }
      }
      const { earlier } = answer.value;
      if (earlier !== null && earlier.state !== "ended")
        setStage({ name: "earlier", payment: earlier });
      else setStage({ name: "confirm", payable, preview: answer.value });
    },
    [wallet, words, send, clockHint],
  );

  const read = useCallback(
    async (code: string) => {
      setStage({ name: "reading" });
      // cut a text that is too long to be a code, rather than send all of it to the wallet
      const answer = await wallet.call("decode", { text: code.slice(0, maxCodeLength + 1) });
      if (!answer.ok) {
        setStage({ name: "refused", ...unpayableMessage(answer.error.code, words) });
        return;
      }
      const decoded = answer.value;
      if (decoded.invoice === null) {
        setStage({ name: "refused", statement: send.onlyOnChain, detail: send.onlyOnChainDetail });
        return;
      }
      const payable = { decoded, invoice: decoded.invoice };
      if (decoded.invoice.amountMsat === null && decoded.amountMsat === null)
        setStage({ name: "amount", payable });
      else
        await preview(
          payable,
          decoded.invoice.amountMsat === null && decoded.amountMsat !== null
            ? BigInt(decoded.amountMsat)
            : null,
        );
    },
    [wallet, preview, words, send],
  );

  useEffect(() => {
    if (text !== undefined) void read(text);
  }, [text, read]);

  const request = async (call: "send" | "sendLater", payable: Payable, agreed: SendPreview) => {
    setBusy(true);
    const answer = await wallet.call(call, {
      invoice: payable.invoice.invoice,
      ...(payable.invoice.amountMsat === null ? { amountMsat: agreed.amountMsat } : {}),
    });
    setBusy(false);
    // Also without an answer: the payment may have been sent or queued, and its own page shows its status.
    if (answer.ok || answer.error.retry === "unknown" || answer.error.code === "already_paid")
      navigation.replace({
        name: "receipt",
        id: receiptIdOf(payable.invoice.paymentHash, "outbound"),
      });
    else if (call === "send" && answer.error.code === "operator_offline") setCanQueue(true);
    else setMessage(failureMessage(answer.error, words));
  };

  const pay = async (payable: Payable, agreed: SendPreview) => {
    if (!(await authorize(BigInt(agreed.amountMsat)))) return;
    setMessage(null);
    setCanQueue(false);
    await request("send", payable, agreed);
  };

  /** Queues the payment that was just confirmed and authorized, to be sent when there is a network. */
  const queuePayment = (payable: Payable, agreed: SendPreview) =>
    request("sendLater", payable, agreed);

  const paste = async () => {
    const pasted = await pasteText();
    if (pasted === null) setMessage(words.scan.pasteRefused);
    else if (pasted.trim() === "") setMessage(words.scan.nothingToPaste);
    else await read(pasted);
  };

  const header = {
    title: send.title,
    left: {
      icon: "back",
      label: words.back,
      onPress: () => {
        if (stage.name === "enter" || text !== undefined) navigation.back();
        else setStage({ name: "enter" });
      },
      testID: "send.back",
    },
  } as const;

  switch (stage.name) {
    case "enter":
      return (
        <Page
          testID="send"
          {...header}
          footColor={typed.trim() === "" ? "button" : "now"}
          foot={
            <>
              {message === null ? null : <Note>{message}</Note>}
              <ButtonGrid
                actions={[
                  {
                    icon: "scan",
                    label: send.scan,
                    onPress: () => {
                      navigation.replace({ name: "scan" });
                    },
                    testID: "send.scan",
                  },
                  {
                    icon: "copy",
                    label: send.paste,
                    onPress: () => {
                      void paste();
                    },
                    testID: "send.paste",
                  },
                ]}
              />
              {typed.trim() === "" ? null : (
                <Button
                  icon="more"
                  label={send.read}
                  kind="go"
                  onPress={() => {
                    void read(typed);
                  }}
                  testID="send.read"
                />
              )}
            </>
          }
        >
          <Statement detail={send.promptDetail}>{send.prompt}</Statement>
          <Field
            label={send.field}
            hint={send.fieldHint}
            value={typed}
            onChange={setTyped}
            lines={4}
            maxLength={4_000}
            testID="send.field"
          />
        </Page>
      );
    case "reading":
      return (
        <Page testID="send.reading" {...header}>
          <Notice icon="clock">{send.reading}</Notice>
        </Page>
      );
    case "refused":
      return (
        <Page
          testID="send.refused"
          {...header}
          footColor="button"
          foot={
            <Button
              icon="scan"
              label={send.again}
              onPress={() => {
                navigation.replace({ name: "scan" });
              }}
              testID="send.again"
            />
          }
        >
          <Statement detail={stage.detail ?? undefined}>{stage.statement}</Statement>
        </Page>
      );
    case "earlier":
      return (
        <Page
          testID="send.earlier"
          {...header}
          footColor="button"
          foot={
            <Button
              icon="check"
              label={send.seePayment}
              onPress={() => {
                navigation.replace({
                  name: "receipt",
                  id: receiptIdOf(stage.payment.paymentHash, "outbound"),
                });
              }}
              testID="send.see-payment"
            />
          }
        >
          <Statement detail={send.alreadyPaidDetail}>
            {stage.payment.state === "done" ? send.alreadyPaid : send.alreadyMoving}
          </Statement>
        </Page>
      );
    case "amount": {
      const spendable = spendableMsat(snapshot);
      const amountProblem = checkAmount({
        input,
        kesCentsPerBtc: rate,
        limits: null,
        spendableMsat: spendable,
      });
      const chosen = amountMsat(input, rate);
      return (
        <AmountPage
          name="send.amount"
          title={send.title}
          onBack={header.left.onPress}
          label={send.howMuch}
          input={input}
          onInput={setInput}
          kesCentsPerBtc={rate}
          action={{
            label: words.goOn,
            off: amountProblem !== null || chosen === null,
            onPress: () => {
              void preview(stage.payable, chosen);
            },
          }}
        >
          <AmountNote
            name="send.amount"
            amountProblem={amountProblem}
            limits={null}
            rate={rate}
            problem={null}
          >
            {payeeName(stage.payable) ?? send.openAmount}
          </AmountNote>
        </AmountPage>
      );
    }
    case "confirm":
      return (
        <ConfirmPayment
          payable={stage.payable}
          preview={stage.preview}
          busy={busy}
          problem={message}
          canQueue={canQueue}
          onQueue={() => {
            void queuePayment(stage.payable, stage.preview);
          }}
          onBack={header.left.onPress}
          onPay={() => {
            void pay(stage.payable, stage.preview);
          }}
        />
      );
  }
}
