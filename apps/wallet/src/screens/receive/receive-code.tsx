import type { ReceiveInvoice } from "@satsconnect/wallet/client";
import { useEffect, useState } from "react";
import { View } from "react-native";
import { Fees } from "../../design/fees.tsx";
import { LiveLine } from "../../design/live-line.tsx";
import { Page } from "../../design/page.tsx";
import { QrCode } from "../../design/qr-code.tsx";
import { Note, Button, ButtonGrid } from "../../design/button.tsx";
import { Amount } from "../../design/amount.tsx";
import { Type } from "../../design/type.tsx";
import {
  clock,
  kesCentsOf,
  kesExact,
  kesFigure,
  minutesAndSeconds,
  satsExact,
  satsFigure,
} from "../../money/format.ts";
import { rateOf } from "../../money/snapshot.ts";
import { useMoney } from "../../money/use-money.ts";
import { useNow } from "../../money/use-now.ts";
import { receiptIdOf } from "../../money/receipt-id.ts";
import { useSnapshot, useWallet } from "../../node/use-wallet.ts";
import { useKeepUnlocked } from "../../session/keep-unlocked.ts";
import { Notice, Statement } from "../parts/notice.tsx";
import { codeText, hasAddress } from "./code-text.ts";
import { copyText, shareText } from "../parts/share";

/** A code that was created, with the amount asked for in msat; null for any amount. */
export type CreatedCode = {
  readonly code: ReceiveInvoice;
  readonly asked: bigint | null;
  readonly madeAt: number;
};

/** Poll interval for the payment of a code, besides every change of the snapshot. */
const pollMs = 2_000;

type ReceiveCodeProps = {
  readonly created: CreatedCode;
  readonly note: string;
  readonly onBack: () => void;
};

/** The page with the code, until it is paid or expires. */
export function ReceiveCode({ created, note, onBack }: ReceiveCodeProps) {
  const { words, navigation } = useMoney();
  const wallet = useWallet();
  const snapshot = useSnapshot();
  const now = useNow(true);
  const [isCopied, setIsCopied] = useState(false);
  const [arriving, setArriving] = useState(false);
  const [withAddress, setWithAddress] = useState(false);
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
  const onChain = hasAddress(code);
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
      <Amount
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
          text={codeText(code, withAddress)}
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
      {onChain ? (
        <Notice
          icon="scan"
          action={{
            label: withAddress ? words.receive.lightningOnly : words.receive.withAddress,
            onPress: () => {
              setWithAddress(!withAddress);
            },
            testID: "receive.with-address",
          }}
        >
          {withAddress ? words.receive.onChainToo : words.receive.onLightning}
        </Notice>
      ) : null}
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
