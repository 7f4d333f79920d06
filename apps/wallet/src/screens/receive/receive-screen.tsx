import type { ReceiveTerms } from "@satsconnect/wallet/client";
import { useEffect, useState } from "react";
import { View } from "react-native";
import { Page } from "../../design/page.tsx";
import { Pressable } from "../../design/pressable.tsx";
import { Rule } from "../../design/row.tsx";
import { Button } from "../../design/button.tsx";
import { useTheme } from "../../design/theme.tsx";
import { size } from "../../design/tokens.ts";
import { Type } from "../../design/type.tsx";
import { kesCentsOf, kesFigure, satsFigureUp } from "../../money/format.ts";
import { amountMsat, emptyAmount } from "../../money/amount-input.ts";
import type { AmountInput } from "../../money/amount-input.ts";
import { failureMessage } from "../../money/failure-messages.ts";
import { checkReceiveAmount, openingFee } from "../../money/receive-amount.ts";
import type { ReceiveCheck } from "../../money/receive-amount.ts";
import { rateOf } from "../../money/snapshot.ts";
import { useMoney } from "../../money/use-money.ts";
import { useSnapshot, useWallet } from "../../node/use-wallet.ts";
import { AmountPage } from "../parts/amount-page.tsx";
import { Field } from "../parts/field.tsx";
import { Statement } from "../parts/notice.tsx";
import { ReceiveCode } from "./receive-code.tsx";
import type { CreatedCode } from "./receive-code.tsx";

/** A code expires after 15 minutes, which is longer than people wait at a counter. */
const expirySeconds = 15 * 60;
const maxNoteLength = 120;

/** Receives a payment: the amount and note, the cost of a first channel, then the code until it is paid or expires. */
export function ReceiveScreen() {
  const { words, navigation } = useMoney();
  const wallet = useWallet();
  const snapshot = useSnapshot();
  const [input, setInput] = useState<AmountInput>(emptyAmount);
  const [note, setNote] = useState("");
  const [writing, setWriting] = useState(false);
  const [terms, setTerms] = useState<ReceiveTerms | null>(null);
  const [created, setCreated] = useState<CreatedCode | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const rate = rateOf(snapshot);

  useEffect(() => {
    let isUnmounted = false;
    const ask = async () => {
      const answer = await wallet.call("receiveTerms", {});
      if (!isUnmounted && answer.ok) setTerms(answer.value);
    };
    void ask();
    return () => {
      isUnmounted = true;
    };
  }, [wallet, snapshot.balance?.receivableMsat]);

  const asked = amountMsat(input, rate);
  const amountProblem = checkReceiveAmount(asked ?? 0n, terms);

  const make = async () => {
    setBusy(true);
    setProblem(null);
    const wanted = asked === null || asked === 0n ? null : asked;
    const answer = await wallet.call("receive", {
      amountMsat: wanted === null ? null : wanted.toString(),
      description: note.trim(),
      expirySeconds,
    });
    setBusy(false);
    if (answer.ok) setCreated({ code: answer.value, asked: wanted, madeAt: Date.now() });
    else
      setProblem(
        answer.error.code === "amount_needed"
          ? words.receive.amountNeeded
          : failureMessage(answer.error, words),
      );
  };

  if (created !== null)
    return (
      <ReceiveCode
        created={created}
        note={note.trim()}
        onBack={() => {
          setCreated(null);
        }}
      />
    );
  if (writing)
    return (
      <Page
        testID="receive.note"
        title={words.receive.title}
        left={{
          icon: "back",
          label: words.back,
          onPress: () => {
            setWriting(false);
          },
          testID: "receive.note.back",
        }}
        footColor="now"
        foot={
          <Button
            icon="check"
            label={words.receive.noteSave}
            kind="go"
            onPress={() => {
              setWriting(false);
            }}
            testID="receive.note.save"
          />
        }
      >
        <Statement>{words.receive.noteHint}</Statement>
        <Field
          label={words.receive.noteField}
          value={note}
          onChange={setNote}
          maxLength={maxNoteLength}
          lines={3}
          autoFocus
          testID="receive.note.field"
        />
      </Page>
    );

  const written = (msat: bigint): string =>
    rate === null
      ? words.sats(satsFigureUp(msat))
      : words.kes(kesFigure(kesCentsOf(msat, rate) + 99n));
  return (
    <AmountPage
      name="receive.amount"
      title={words.receive.title}
      onBack={navigation.back}
      label={words.receive.howMuch}
      input={input}
      onInput={(next) => {
        setProblem(null);
        setInput(next);
      }}
      kesCentsPerBtc={rate}
      action={{
        label: amountProblem.kind === "any" ? words.receive.makeAny : words.receive.make,
        off: ["amount_needed", "below_minimum", "above_maximum"].includes(amountProblem.kind),
        busy,
        onPress: () => {
          void make();
        },
      }}
    >
      <ReceiveNote
        note={note}
        onNote={() => {
          setWriting(true);
        }}
        problem={problem}
        explanation={explanationOf(amountProblem, asked ?? 0n, terms, written, words)}
      />
    </AmountPage>
  );
}

/** Explains in one sentence what receiving this amount involves. */
function explanationOf(
  amountProblem: ReceiveCheck,
  asked: bigint,
  terms: ReceiveTerms | null,
  written: (msat: bigint) => string,
  words: ReturnType<typeof useMoney>["words"],
): string {
  const { receive } = words;
  if (terms === null) return receive.keepOpen;
  const capacity = BigInt(terms.receivableMsat);
  switch (amountProblem.kind) {
    case "below_minimum":
      return receive.tooLittle(written(amountProblem.minimumMsat));
    case "above_maximum":
      return receive.tooMuch(written(amountProblem.maximumMsat));
    case "opens_channel":
    case "amount_needed": {
      const fee = openingFee(asked, terms);
      if (fee === null || terms.minMsat === null) return receive.termsUnknown;
      return capacity === 0n
        ? receive.firstNote(written(BigInt(terms.minMsat)), written(fee))
        : receive.needsRoom(written(capacity), written(fee));
    }
    default:
      return capacity === 0n ? receive.keepOpen : receive.room(written(capacity));
  }
}

type ReceiveNoteProps = {
  readonly note: string;
  readonly onNote: () => void;
  readonly problem: string | null;
  readonly explanation: string;
};

function ReceiveNote({ note, onNote, problem, explanation }: ReceiveNoteProps) {
  const { words } = useMoney();
  const { grid } = useTheme();
  return (
    <View>
      <Rule />
      <View style={{ paddingVertical: 8, paddingLeft: grid.writing, paddingRight: grid.edge }}>
        <Pressable
          onPress={onNote}
          accessibilityRole="button"
          accessibilityLabel={
            note === "" ? words.receive.noteAdd : `${words.receive.note}: ${note}`
          }
          style={{ minHeight: size.tapMin, justifyContent: "center" }}
          testID="receive.amount.note"
        >
          <Type as="second" numberOfLines={1} style={{ textDecorationLine: "underline" }}>
            {note === "" ? words.receive.noteAdd : note}
          </Type>
        </Pressable>
        <View aria-live="polite">
          <Type
            as={problem === null ? "second" : "secondStrong"}
            color={problem === null ? "ink2" : "ink"}
            testID="receive.amount.told"
          >
            {problem ?? explanation}
          </Type>
        </View>
      </View>
    </View>
  );
}
