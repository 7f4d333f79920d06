import type { ReactNode } from "react";
import { useState } from "react";
import { View } from "react-native";
import { Facts, Fees } from "../../design/fees.tsx";
import { KangaSaying, KangaBorder, TornEdge } from "../../design/ornaments.tsx";
import { Page } from "../../design/page.tsx";
import { Note, Button, ButtonGrid } from "../../design/button.tsx";
import { Amount } from "../../design/amount.tsx";
import { receiptPdf } from "../../money/receipt-pdf.ts";
import { receiptText } from "../../money/receipt.ts";
import type { Receipt } from "../../money/receipt.ts";
import { useMoney } from "../../money/use-money.ts";
import { canShareFiles, shareFile, shareText } from "../parts/share";
import { drawReceipt } from "./draw-receipt.ts";

type ReceiptPageProps = {
  readonly receipt: Receipt;
  /** Adds the kanga border, the saying and the torn edge. */
  readonly finished: boolean;
  readonly onDone: () => void;
  /** Below the facts: the payment hash and preimage. */
  readonly children?: ReactNode;
  readonly fileName: string;
  readonly testID: string;
};

/** A receipt, which can be shared as text, as a picture or as a PDF. */
export function ReceiptPage(props: ReceiptPageProps) {
  const { receipt, finished } = props;
  const { words, settings } = useMoney();
  const [sharing, setSharing] = useState(false);
  const [isRevealed, setIsRevealed] = useState(false);
  const hidden = settings.hideAmounts && !isRevealed;
  return (
    <Page
      testID={props.testID}
      title={receipt.title}
      {...(finished ? { ornament: <KangaBorder /> } : {})}
      left={{
        icon: sharing ? "back" : "close",
        label: sharing ? words.back : words.close,
        onPress: () => {
          if (sharing) setSharing(false);
          else props.onDone();
        },
        testID: "receipt.close",
      }}
      footColor={sharing ? "page" : "button"}
      foot={
        sharing ? (
          <ShareOptions receipt={receipt} fileName={props.fileName} />
        ) : (
          <>
            {finished && receipt.saying !== null ? (
              <KangaSaying>{receipt.saying}</KangaSaying>
            ) : null}
            {finished ? <TornEdge /> : null}
            <ButtonGrid
              actions={[
                {
                  icon: "share",
                  label: words.share,
                  onPress: () => {
                    setSharing(true);
                  },
                  testID: "receipt.share",
                },
                {
                  icon: "check",
                  label: words.done,
                  onPress: props.onDone,
                  testID: "receipt.done",
                },
              ]}
            />
          </>
        )
      }
    >
      <Amount
        label={receipt.label}
        kes={receipt.kes}
        sats={receipt.sats}
        units={words.units}
        noPrice={words.home.noPrice}
        hidden={hidden}
        {...(hidden
          ? {
              hint: words.receipt.hiddenHint,
              onPress: () => {
                setIsRevealed(true);
              },
            }
          : {})}
        testID="receipt.sum"
      />
      {receipt.total === null || hidden ? null : (
        <Fees lines={receipt.lines} total={receipt.total} />
      )}
      <Facts facts={receipt.facts} />
      {props.children}
    </Page>
  );
}

function ShareOptions({
  receipt,
  fileName,
}: {
  readonly receipt: Receipt;
  readonly fileName: string;
}) {
  const { words } = useMoney();
  const [message, setMessage] = useState<string | null>(null);
  const report = (result: string) => {
    setMessage(
      result === "copied" ? words.copied : result === "failed" ? words.receipt.shareFailed : null,
    );
  };
  const fallBack = async (result: string) => {
    report(
      result === "failed" ? await shareText(receipt.title, receiptText(receipt, words)) : result,
    );
  };
  return (
    <View>
      {message === null ? null : <Note>{message}</Note>}
      <Button
        icon="words"
        label={words.receipt.shareText}
        kind="plain"
        onPress={() => {
          void shareText(receipt.title, receiptText(receipt, words)).then(report);
        }}
        testID="receipt.share.text"
      />
      {canShareFiles ? (
        <>
          <Button
            icon="eye"
            label={words.receipt.sharePicture}
            kind="plain"
            onPress={() => {
              void drawReceipt(receipt, words)
                .then((picture) =>
                  picture === null ? "failed" : shareFile(`${fileName}.png`, "image/png", picture),
                )
                .then(fallBack);
            }}
            testID="receipt.share.picture"
          />
          <Button
            icon="receive"
            label={words.receipt.sharePrint}
            kind="plain"
            onPress={() => {
              void shareFile(`${fileName}.pdf`, "application/pdf", receiptPdf(receipt, words)).then(
                fallBack,
              );
            }}
            testID="receipt.share.pdf"
          />
        </>
      ) : null}
    </View>
  );
}
