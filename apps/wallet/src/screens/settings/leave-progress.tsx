import type { LeaveView } from "@satsconnect/wallet/client";
import { Facts } from "../../design/fees.tsx";
import { Page } from "../../design/page.tsx";
import { Note, Button } from "../../design/button.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { satsFigure } from "../../money/format.ts";
import { Notice, Statement } from "../parts/notice.tsx";

type LeaveProgressProps = {
  readonly view: LeaveView;
  readonly problem: string | null;
  readonly busy: boolean;
  readonly onBack: () => void;
  readonly onAskAgain: () => void;
  readonly onForce: () => void;
  readonly onAgain: () => void;
};

/** The progress of leaving: which channels are closing, what is on its way to the chain, what was sent. */
export function LeaveProgress(props: LeaveProgressProps) {
  const { shell } = useWords();
  const { leave: words } = useSettingsWords();
  const { view, problem } = props;
  const sats = (amountSat: string) => words.sats(satsFigure(BigInt(amountSat) * 1_000n));
  const statement = view.done
    ? words.done
    : view.channelsOpen > 0
      ? words.stillOpen(view.channelsOpen)
      : view.channelsClosing > 0
        ? words.closing(view.channelsClosing)
        : BigInt(view.claimableSat) > 0n
          ? words.claiming
          : words.sending;
  const openOrClosing = view.channelsOpen + view.channelsClosing > 0;
  return (
    <Page
      testID={view.done ? "leave.done" : "leave.progress"}
      title={words.title}
      left={{ icon: "back", label: shell.back, onPress: props.onBack, testID: "leave.back" }}
      footColor="button"
      foot={
        <>
          {problem === null ? null : <Note color="stop">{problem}</Note>}
          {openOrClosing ? (
            <Button
              icon="lock"
              label={words.force}
              kind="plain"
              off={props.busy}
              onPress={props.onForce}
              testID="leave.force"
            />
          ) : null}
          {view.channelsOpen > 0 ? (
            <Button
              icon="more"
              label={words.askAgain}
              busy={props.busy}
              onPress={props.onAskAgain}
              testID="leave.ask-again"
            />
          ) : null}
          {view.done ? (
            <Button
              icon="more"
              label={words.again}
              kind="plain"
              onPress={props.onAgain}
              testID="leave.again"
            />
          ) : null}
        </>
      }
    >
      <Statement {...(view.done ? { detail: words.doneDetail } : {})}>{statement}</Statement>
      <Facts
        facts={[
          { label: words.address, value: view.address },
          ...(BigInt(view.claimableSat) > 0n
            ? [{ label: words.onItsWay, value: sats(view.claimableSat) }]
            : []),
          ...view.sent.flatMap(({ txid, amountSat }, index) => [
            { label: words.transaction(index + 1), value: txid },
            { label: `${words.sent} ${String(index + 1)}`, value: sats(amountSat) },
          ]),
        ]}
      />
      {view.done ? null : <Notice icon="clock">{words.canClose}</Notice>}
    </Page>
  );
}
