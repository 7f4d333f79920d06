import type { ReceiveInvoice, ReceiveTerms } from "@satsconnect/wallet/client";
import { useEffect, useState } from "react";
import { View } from "react-native";
import { Fees } from "../../design/fees.tsx";
import { LiveLine } from "../../design/live-line.tsx";
import { Page } from "../../design/page.tsx";
import { Pressable } from "../../design/pressable.tsx";
import { QrCode } from "../../design/qr-code.tsx";
import { Rule } from "../../design/row.tsx";
import { Note, Button, ButtonGrid } from "../../design/button.tsx";
import { Sum } from "../../design/sum.tsx";
import { useTheme } from "../../design/theme.tsx";
import { size } from "../../design/tokens.ts";
import { Type } from "../../design/type.tsx";
import {
  clock,
  kesCentsOf,
  kesExact,
  kesFigure,
  minutesAndSeconds,
  satsExact,
  satsFigure,
  satsFigureUp,
} from "../../money/format.ts";
import { amountMsat, emptyAmount } from "../../money/amount-input.ts";
import type { AmountInput } from "../../money/amount-input.ts";
import { failureMessage } from "../../money/failure-messages.ts";
import { checkReceiveAmount, openingFee } from "../../money/receive-amount.ts";
import type { ReceiveCheck } from "../../money/receive-amount.ts";
import { rateOf } from "../../money/snapshot.ts";
import { useMoney } from "../../money/use-money.ts";
import { useNow } from "../../money/use-now.ts";
import { receiptIdOf } from "../../money/receipt-id.ts";
import { useSnapshot, useWallet } from "../../node/use-wallet.ts";
import { useKeepUnlocked } from "../../session/keep-unlocked.ts";
import { AmountPage } from "../parts/amount-page.tsx";
import { Field } from "../parts/field.tsx";
import { Statement } from "../parts/notice.tsx";
import { copyText, shareText } from "../parts/share";

/** A code expires after 15 minutes: longer than people wait at a counter. */
const expirySeconds = 15 * 60;
const maxNoteLength = 120;

type CreatedCode = {
  readonly code: ReceiveInvoice;
  readonly asked: bigint | null;
  readonly madeAt: number;
};

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
      <Code
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

/** Poll interval for the payment of a code, besides every change of the snapshot. */
const pollMs = 2_000;

type CodeProps = {
  readonly created: CreatedCode;
  readonly note: string;
  readonly onBack: () => void;
};

function Code({ created, note, onBack }: CodeProps) {
  const { words, navigation } = useMoney();
  const wallet = useWallet();
  const snapshot = useSnapshot();
  const now = useNow(true);
  const [isCopied, setIsCopied] = useState(false);
  const [arriving, setArriving] = useState(false);
  const rate = rateOf(snapshot);
  const { code, asked } = created;
  const left = code.expiresAt - now;
  useKeepUnlocked(left > 0 || arriving);
  const fee = BigInt(code.openingFeeMsat);
  const { paymentHash } = code;

  useEffect(() => {
    let isUnmounted = false;
    const load = async () => {
      const answer = await wallet.call("payment", { paymentHash });
      if (isUnmounted || !answer.ok) return;
      if (answer.value.state === "done")
        navigation.replace({ name: "receipt", id: receiptIdOf(paymentHash, "inbound") });
      else setArriving(answer.value.nodeState !== "open" && answer.value.state === "moving");
    };
    void load();
    const timer = setInterval(() => void load(), pollMs);
    return () => {
      isUnmounted = true;
      clearInterval(timer);
    };
  }, [wallet, navigation, paymentHash, snapshot.recent]);

  const text = code.uri;
  const copy = async () => {
    setIsCopied(await copyText(text));
  };
  const amount =
    asked === null
      ? null
      : rate === null
        ? words.sats(satsFigure(asked))
        : words.kes(kesFigure(kesCentsOf(asked, rate)));
  const onChain = hasAddress(code.uri);
  const message =
    amount === null ? words.receive.shareTextAny(text) : words.receive.shareText(amount, text);
  const back = {
    icon: "back",
    label: words.back,
    onPress: onBack,
    testID: "receive.code.back",
  } as const;

  if (left <= 0 && !arriving)
    return (
      <Page
        testID="receive.ended"
        title={words.receive.title}
        left={back}
        footColor="now"
        foot={
          <Button
            icon="receive"
            label={words.receive.newCode}
            kind="go"
            onPress={onBack}
            testID="receive.new"
          />
        }
      >
        <Statement detail={words.receive.endedDetail}>{words.receive.ended}</Statement>
      </Page>
    );
  return (
    <Page
      testID="receive.code"
      title={words.receive.title}
      left={back}
      footColor="button"
      foot={
        <ButtonGrid
          actions={[
            {
              icon: "copy",
              label: isCopied ? words.copied : words.copy,
              onPress: () => {
                void copy();
              },
              testID: "receive.copy",
            },
            {
              icon: "share",
              label: words.share,
              onPress: () => {
                void shareText(words.receive.title, message);
              },
              testID: "receive.share",
            },
          ]}
        />
      }
    >
      <Sum
        label={amount === null ? words.receive.askingAny : words.receive.asking}
        kes={
          asked === null
            ? words.receive.any
            : rate === null
              ? null
              : kesFigure(kesCentsOf(asked, rate))
        }
        sats={asked === null ? "" : satsFigure(asked)}
        units={asked === null ? { kes: "", sats: "" } : words.units}
        small
        noPrice={words.home.noPrice}
        testID="receive.sum"
      />
      <View testID="receive.qr" nativeID={`receive-${code.paymentHash}`}>
        <QrCode
          text={qrText(code)}
          label={amount === null ? words.receive.qrAny : words.receive.qr(amount)}
        />
      </View>
      <LiveLine
        countdown={minutesAndSeconds(left)}
        title={arriving ? words.receive.arriving : words.receive.waiting}
        detail={words.receive.endsAt(clock(code.expiresAt))}
        testID="receive.waiting"
      />
      {fee > 0n && asked !== null ? (
        <Fees
          lines={[
            { sign: "", label: words.receive.asking, amount: write(asked, rate) },
            { sign: "−", label: words.receive.feeTaken, amount: write(fee, rate) },
          ]}
          total={{ label: words.receive.youGet, amount: write(asked - fee, rate) }}
        />
      ) : null}
      <Note>{words.receive.keepOpen}</Note>
      {snapshot.clockAheadMs === 0 ? null : (
        <Note>{`${words.home.clockWrong} ${words.home.clockWrongDetail}`}</Note>
      )}
      {note === "" ? null : <Note color="ink2">{note}</Note>}
      {onChain ? <Note color="ink2">{words.receive.onChainToo}</Note> : null}
      <View style={{ position: "absolute", opacity: 0, height: 1, overflow: "hidden" }} aria-hidden>
        <Type as="smallest" testID="receive.invoice">
          {code.invoice}
        </Type>
      </View>
    </Page>
  );
}

function write(msat: bigint, rate: bigint | null): string {
  return rate === null ? satsExact(msat) : kesExact(kesCentsOf(msat, rate));
}

/** Upper case gives a smaller QR code, and BOLT 11, bech32 and BIP 21 keys are case-insensitive. */
function qrText(code: ReceiveInvoice): string {
  return hasAddress(code.uri) ? code.uri : code.invoice.toUpperCase();
}

/** Whether the URI contains an on-chain address besides the invoice. */
function hasAddress(uri: string): boolean {
  return /^bitcoin:[a-z0-9]/iu.test(uri);
}
