import type { Quote, QuoteRequest } from "@satsconnect/contracts";
import { useState } from "react";
import { View } from "react-native";
import { Facts, Fees } from "../../design/fees.tsx";
import { Page } from "../../design/page.tsx";
import { Row, Rule } from "../../design/row.tsx";
import { Note, Button, CountdownButton } from "../../design/button.tsx";
import { Amount } from "../../design/amount.tsx";
import { Type } from "../../design/type.tsx";
import {
  centsOfRate,
  kesCentsOf,
  kesFigure,
  minutesAndSeconds,
  msatOf,
  satsFigure,
} from "../../money/format.ts";
import { formatPhone } from "../../money/phone-number.ts";
import { emptyAmount, checkAmount, typedAmount } from "../../money/amount-input.ts";
import type { AmountInput } from "../../money/amount-input.ts";
import { failureMessage } from "../../money/failure-messages.ts";
import { quoteTime, sellBreakdown } from "../../money/quote-lines.ts";
import { balanceAfter, rateOf, spendableMsat } from "../../money/snapshot.ts";
import { useInfo } from "../../money/use-info.ts";
import { useMoney } from "../../money/use-money.ts";
import { useContacts } from "../../money/use-contacts.ts";
import { useNow } from "../../money/use-now.ts";
import { useSnapshot, useWallet } from "../../node/use-wallet.ts";
import { AmountPage } from "../parts/amount-page.tsx";
import { Statement } from "../parts/notice.tsx";
import { NumberPage } from "../parts/number-page.tsx";
import { AmountNote, limitsOf } from "../parts/amount-note.tsx";

type Stage = "amount" | "number" | "name" | "quote";

/** The stage that a new quote leads to. A failure on the way to `name` keeps the number page open. */
type QuoteStage = "name" | "quote";

/** Sells bitcoin to M-Pesa: the amount, the recipient by name, then the price. Selling opens the order's page. */
export function SellScreen() {
  const { words, navigation, settings, authorize } = useMoney();
  const wallet = useWallet();
  const snapshot = useSnapshot();
  const info = useInfo();
  const contacts = useContacts();
  const [stage, setStage] = useState<Stage>("amount");
  const [input, setInput] = useState<AmountInput>({ ...emptyAmount, unit: settings.currencyFirst });
  const [msisdn, setMsisdn] = useState<string | null>(settings.msisdn);
  const [quote, setQuote] = useState<Quote | null>(null);
  const [receivedAt, setReceivedAt] = useState(0);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const rate = rateOf(snapshot);
  const limits = limitsOf(info, "sell");
  const spendable = spendableMsat(snapshot);
  const amountProblem = checkAmount({
    input,
    kesCentsPerBtc: rate,
    limits,
    spendableMsat: spendable,
  });

  const requestQuote = async (to: string, next: QuoteStage) => {
    setBusy(true);
    setProblem(null);
    const request: QuoteRequest =
      input.unit === "kes"
        ? { kind: "sell", msisdn: to, amountKesCents: (typedAmount(input) * 100n).toString() }
        : { kind: "sell", msisdn: to, amountMsat: (typedAmount(input) * 1_000n).toString() };
    const answer = await wallet.call("quote", request);
    setBusy(false);
    if (!answer.ok) {
      setProblem(failureMessage(answer.error, words));
      if (next === "quote" || answer.error.code.startsWith("amount")) setStage("amount");
      return;
    }
    setQuote(answer.value);
    setReceivedAt(Date.now());
    setStage(next);
  };

  const sell = async (agreed: Quote, to: string) => {
    if (!(await authorize(BigInt(agreed.amountMsat)))) return;
    setBusy(true);
    setProblem(null);
    const answer = await wallet.call("sell", { quote: agreed, msisdn: to });
    setBusy(false);
    if (answer.ok) navigation.replace({ name: "order", orderId: answer.value.id });
    else setProblem(failureMessage(answer.error, words));
  };

  if (stage === "amount")
    return (
      <AmountPage
        name="sell.amount"
        title={words.sell.title}
        onBack={navigation.back}
        label={input.unit === "kes" ? words.sell.youSell : words.sell.youSellSats}
        input={input}
        onInput={(next) => {
          setProblem(null);
          setInput(next);
        }}
        kesCentsPerBtc={rate}
        action={{
          label: words.goOn,
          off: amountProblem !== null,
          onPress: () => {
            setProblem(null);
            setStage("number");
          },
        }}
      >
        <AmountNote
          name="sell.amount"
          amountProblem={amountProblem}
          limits={limits}
          rate={rate}
          problem={problem}
        >
          {spendable === null || rate === null || settings.hideAmounts
            ? undefined
            : words.sell.spendable(kesFigure(kesCentsOf(spendable, rate)))}
        </AmountNote>
      </AmountPage>
    );
  if (stage === "number" || quote === null || msisdn === null)
    return (
      <NumberPage
        name="sell"
        title={words.sell.title}
        question={words.sell.whichNumber}
        detail={words.sell.whichNumberDetail}
        initial={msisdn}
        known={contacts.recipients}
        busy={busy}
        problem={problem}
        onBack={() => {
          setProblem(null);
          setStage("amount");
        }}
        onNumber={(number) => {
          setMsisdn(number);
          void requestQuote(number, "name");
        }}
      />
    );
  if (stage === "name")
    return (
      <ConfirmName
        quote={quote}
        msisdn={msisdn}
        onBack={() => {
          setStage("number");
        }}
        onYes={() => {
          setStage("quote");
        }}
      />
    );
  return (
    <SellQuote
      quote={quote}
      msisdn={msisdn}
      receivedAt={receivedAt}
      spendable={spendable}
      busy={busy}
      problem={problem}
      onBack={() => {
        setProblem(null);
        setStage("amount");
      }}
      onAgain={() => {
        void requestQuote(msisdn, "quote");
      }}
      onSell={() => {
        void sell(quote, msisdn);
      }}
    />
  );
}

type ConfirmNameProps = {
  readonly quote: Quote;
  readonly msisdn: string;
  readonly onBack: () => void;
  readonly onYes: () => void;
};

/** The recipient as M-Pesa names them, to be confirmed before the price. */
function ConfirmName({ quote, msisdn, onBack, onYes }: ConfirmNameProps) {
  const { words } = useMoney();
  const name = quote.recipient?.name ?? null;
  const number = formatPhone(msisdn) ?? msisdn;
  return (
    <Page
      testID="sell.name"
      title={words.sell.title}
      left={{ icon: "back", label: words.back, onPress: onBack, testID: "sell.name.back" }}
      footColor="now"
      foot={
        <>
          <Note>{name === null ? words.sell.isItThemUnknown : words.sell.isItThem}</Note>
          <Button
            icon="phone"
            label={words.order.otherNumber}
            kind="plain"
            onPress={onBack}
            testID="sell.name.other"
          />
          <Button
            icon="check"
            label={words.sell.yes}
            kind="go"
            onPress={onYes}
            testID="sell.name.yes"
          />
        </>
      }
    >
      <Statement detail={number}>{name ?? words.sell.nameUnknown}</Statement>
      <Facts
        facts={[
          { label: words.sell.gets, value: words.kes(kesFigure(BigInt(quote.amountKesCents))) },
        ]}
      />
    </Page>
  );
}

type SellQuoteProps = {
  readonly quote: Quote;
  readonly msisdn: string;
  readonly receivedAt: number;
  readonly spendable: bigint | null;
  readonly busy: boolean;
  readonly problem: string | null;
  readonly onBack: () => void;
  readonly onAgain: () => void;
  readonly onSell: () => void;
};

function SellQuote(props: SellQuoteProps) {
  const { quote, msisdn, receivedAt, spendable, busy, problem, onBack, onAgain, onSell } = props;
  const { words, settings } = useMoney();
  const snapshot = useSnapshot();
  const now = useNow(true);
  const { until, leftMs, share } = quoteTime(quote, now, receivedAt);
  const { lines, total, facts } = sellBreakdown(
    quote,
    words,
    settings.hideAmounts ? null : balanceAfter(snapshot, BigInt(quote.amountMsat)),
  );
  const ended = leftMs === 0;
  const tooMuch = spendable !== null && BigInt(quote.amountMsat) > spendable;
  const recipient = quote.recipient;
  const kes = kesFigure(BigInt(quote.amountKesCents));
  return (
    <Page
      testID="sell.quote"
      title={words.sell.title}
      left={{ icon: "back", label: words.back, onPress: onBack, testID: "sell.quote.back" }}
      footColor={ended ? "page" : "now"}
      foot={
        <>
          <Note>
            {problem ??
              (tooMuch
                ? words.problem.insufficient_balance
                : ended
                  ? words.buy.ended
                  : words.sell.holds(until))}
          </Note>
          <CountdownButton
            icon="sell"
            label={words.sell.sellNow(kes)}
            countdown={minutesAndSeconds(leftMs)}
            left={share}
            endedLabel={words.buy.newPrice}
            onEnded={onAgain}
            onPress={onSell}
            busy={busy}
            off={tooMuch}
            testID={ended ? "sell.quote.again" : "sell.quote.sell"}
          />
        </>
      }
    >
      {/* The payout in both units; the cost is the total below. */}
      <Amount
        label={words.sell.gets}
        kes={kes}
        sats={satsFigure(msatOf(BigInt(quote.amountKesCents), centsOfRate(quote.rateKesPerBtc)))}
        units={words.units}
        small
        testID="sell.quote.sum"
      />
      {recipient === null ? null : (
        <View testID="sell.quote.recipient">
          <Rule />
          <Row
            style={{ paddingVertical: 8 }}
            margin={
              <Type as="second" color="ink2">
                {words.sell.recipient}
              </Type>
            }
          >
            <Type as="payee" numberOfLines={2}>
              {recipient.name ?? words.sell.nameUnknown}
            </Type>
            <Type as="second" color="ink2">
              {formatPhone(msisdn) ?? msisdn}
            </Type>
          </Row>
        </View>
      )}
      <Fees lines={lines} total={total} />
      <Facts facts={facts} />
    </Page>
  );
}
