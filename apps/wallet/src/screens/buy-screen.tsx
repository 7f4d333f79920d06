import type { Quote, QuoteRequest } from "@satsconnect/contracts";
import { useState } from "react";
import { Facts, Fees } from "../design/fees.tsx";
import { Page } from "../design/page.tsx";
import { Note, CountdownButton } from "../design/button.tsx";
import { Amount } from "../design/amount.tsx";
import { kesFigure, minutesAndSeconds, satsFigure } from "../money/format.ts";
import { maskPhone } from "../money/phone-number.ts";
import { emptyAmount, checkAmount, typedAmount } from "../money/amount-input.ts";
import type { AmountInput } from "../money/amount-input.ts";
import { failureMessage } from "../money/failure-messages.ts";
import { buyBreakdown, buyNetKesCents, quoteTime } from "../money/quote-lines.ts";
import { rateOf } from "../money/snapshot.ts";
import { useInfo } from "../money/use-info.ts";
import { useMoney } from "../money/use-money.ts";
import { useContacts } from "../money/use-contacts.ts";
import { useNow } from "../money/use-now.ts";
import { useSnapshot, useWallet } from "../node/use-wallet.ts";
import { AmountPage } from "./parts/amount-page.tsx";
import { CodePage } from "./parts/code-page.tsx";
import { NumberPage } from "./parts/number-page.tsx";
import { AmountNote, limitsOf } from "./parts/amount-note.tsx";

type Stage =
  | { readonly name: "amount" }
  | { readonly name: "number" }
  | { readonly name: "quote"; readonly quote: Quote; readonly receivedAt: number }
  /** The number has to be proven before it is prompted again. */
  | { readonly name: "code" };

/** Buys bitcoin with M-Pesa: the amount, the number that pays, then the price. Paying opens the order's page. */
export function BuyScreen() {
  const { words, navigation, settings } = useMoney();
  const wallet = useWallet();
  const snapshot = useSnapshot();
  const info = useInfo();
  const [stage, setStage] = useState<Stage>(
    settings.msisdn === null ? { name: "number" } : { name: "amount" },
  );
  const [input, setInput] = useState<AmountInput>({ ...emptyAmount, unit: settings.currencyFirst });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const rate = rateOf(snapshot);
  const limits = limitsOf(info, "buy");
  const amountProblem = checkAmount({ input, kesCentsPerBtc: rate, limits, spendableMsat: null });
  const msisdn = settings.msisdn;
  const contacts = useContacts();

  const requestQuote = async () => {
    setBusy(true);
    setProblem(null);
    const request: QuoteRequest =
      input.unit === "kes"
        ? { kind: "buy", amountKesCents: (typedAmount(input) * 100n).toString() }
        : { kind: "buy", amountMsat: (typedAmount(input) * 1_000n).toString() };
    const answer = await wallet.call("quote", request);
    setBusy(false);
    if (answer.ok) setStage({ name: "quote", quote: answer.value, receivedAt: Date.now() });
    else setProblem(failureMessage(answer.error, words));
  };

  const pay = async (quote: Quote) => {
    if (msisdn === null) return;
    setBusy(true);
    setProblem(null);
    const answer = await wallet.call("buy", { quote, msisdn });
    setBusy(false);
    if (answer.ok) navigation.replace({ name: "order", orderId: answer.value.id });
    else if (answer.error.code === "number_unproven") setStage({ name: "code" });
    else setProblem(failureMessage(answer.error, words));
  };

  /** Proves the number, then asks for the price again: the earlier one has been on hold meanwhile. */
  const prove = async (code: string) => {
    if (msisdn === null) return;
    setBusy(true);
    setProblem(null);
    const answer = await wallet.call("proveNumber", { msisdn, code });
    setBusy(false);
    if (answer.ok) await requestQuote();
    else setProblem(failureMessage(answer.error, words));
  };

  if (stage.name === "number" || msisdn === null)
    return (
      <NumberPage
        name="buy"
        title={words.buy.title}
        question={words.buy.whichNumber}
        detail={words.buy.whichNumberDetail}
        initial={msisdn}
        known={contacts.own === null ? [] : [{ msisdn: contacts.own, name: null }]}
        onBack={() => {
          if (msisdn === null) navigation.back();
          else setStage({ name: "amount" });
        }}
        onNumber={(number) => {
          settings.setMsisdn(number);
          setStage({ name: "amount" });
        }}
      />
    );
  if (stage.name === "amount")
    return (
      <AmountPage
        name="buy.amount"
        title={words.buy.title}
        onBack={navigation.back}
        label={input.unit === "kes" ? words.buy.youPay : words.buy.youWant}
        input={input}
        onInput={(next) => {
          setProblem(null);
          setInput(next);
        }}
        kesCentsPerBtc={rate}
        action={{
          label: words.amount.see,
          off: amountProblem !== null,
          busy,
          onPress: () => {
            void requestQuote();
          },
        }}
      >
        <AmountNote
          name="buy.amount"
          amountProblem={amountProblem}
          limits={limits}
          rate={rate}
          problem={problem}
          first={words.buy.from(maskPhone(msisdn))}
          onFirst={() => {
            setStage({ name: "number" });
          }}
        />
      </AmountPage>
    );
  if (stage.name === "code")
    return (
      <CodePage
        phone={maskPhone(msisdn)}
        busy={busy}
        problem={problem}
        onBack={() => {
          setProblem(null);
          setStage({ name: "amount" });
        }}
        onCode={(code) => {
          void prove(code);
        }}
      />
    );
  return (
    <BuyQuote
      quote={stage.quote}
      receivedAt={stage.receivedAt}
      phone={maskPhone(msisdn)}
      busy={busy}
      problem={problem}
      onBack={() => {
        setProblem(null);
        setStage({ name: "amount" });
      }}
      onAgain={() => {
        void requestQuote();
      }}
      onPay={() => {
        void pay(stage.quote);
      }}
    />
  );
}

type BuyQuoteProps = {
  readonly quote: Quote;
  readonly receivedAt: number;
  readonly phone: string;
  readonly busy: boolean;
  readonly problem: string | null;
  readonly onBack: () => void;
  readonly onAgain: () => void;
  readonly onPay: () => void;
};

function BuyQuote({
  quote,
  receivedAt,
  phone,
  busy,
  problem,
  onBack,
  onAgain,
  onPay,
}: BuyQuoteProps) {
  const { words } = useMoney();
  const now = useNow(true);
  const { until, leftMs, share } = quoteTime(quote, now, receivedAt);
  const { lines, total, facts } = buyBreakdown(quote, words, phone);
  const ended = leftMs === 0;
  return (
    <Page
      testID="buy.quote"
      title={words.buy.title}
      left={{ icon: "back", label: words.back, onPress: onBack, testID: "buy.quote.back" }}
      footColor={ended ? "page" : "now"}
      foot={
        <>
          <Note>{problem ?? (ended ? words.buy.ended : words.buy.holds(until))}</Note>
          <CountdownButton
            icon="more"
            label={words.buy.pay(kesFigure(BigInt(quote.amountKesCents)))}
            countdown={minutesAndSeconds(leftMs)}
            left={share}
            endedLabel={words.buy.newPrice}
            onEnded={onAgain}
            onPress={onPay}
            busy={busy}
            testID={ended ? "buy.quote.again" : "buy.quote.pay"}
          />
        </>
      }
    >
      <Amount
        label={words.buy.youGet}
        kes={kesFigure(buyNetKesCents(quote, words))}
        sats={satsFigure(BigInt(quote.amountMsat))}
        units={words.units}
        small
        testID="buy.quote.sum"
      />
      <Fees lines={lines} total={total} />
      <Facts facts={facts} />
    </Page>
  );
}
