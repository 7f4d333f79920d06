import type { OlderStateView } from "@satsconnect/wallet/client";
import { MoneyPath } from "../../design/money-path.tsx";
import type { Step } from "../../design/money-path.tsx";
import { Page } from "../../design/page.tsx";
import { Button } from "../../design/button.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import type { SettingsWords } from "../../i18n/catalogues/settings-screens.en.ts";
import type { MoneyWords } from "../../i18n/catalogues/money-screens.en.ts";
import { useWords } from "../../i18n/words.ts";
import { clock, countdown, deadline, satsFigure } from "../../money/format.ts";
import { useInfo } from "../../money/use-info.ts";
import { useNow } from "../../money/use-now.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { useSnapshot } from "../../node/use-wallet.ts";
import { useWalletPreferences } from "../../session/use-session.ts";
import { SupportButtons, supportContact } from "../help-screen.tsx";
import { Notice, Statement } from "../parts/notice.tsx";

/**
 * A restore that SatsConnect has not confirmed yet, or a channel that is closed because one side had an older state: what
 * happened, where the money is, by when it arrives, and whom to ask.
 */
export function OlderStateScreen() {
  const { shell, money } = useWords();
  const { olderState: words, leave, supportNever } = useSettingsWords();
  const navigation = useNavigation();
  const { olderState: view } = useSnapshot();
  const { hideAmounts } = useWalletPreferences();
  const now = useNow(view !== null);
  const support = useInfo()?.support ?? null;
  const left = {
    icon: "back" as const,
    label: shell.back,
    onPress: navigation.back,
    testID: "older-state.back",
  };
  if (view === null)
    return (
      <Page
        testID="older-state.done"
        title={words.title}
        left={left}
        footColor="button"
        foot={
          <Button
            icon="send"
            label={leave.title}
            kind="plain"
            onPress={() => {
              navigation.replace({ name: "leave" });
            }}
            testID="older-state.leave"
          />
        }
      >
        <Statement detail={words.doneDetail}>{words.done}</Statement>
      </Page>
    );
  const isUnconfirmed = view.stage === "unconfirmed";
  const steps = olderStatePath({ view, now, words, money, hideAmounts });
  return (
    <Page
      testID="older-state"
      title={words.title}
      left={left}
      footColor={support === null ? "page" : "button"}
      foot={support === null ? null : <SupportButtons support={support} />}
    >
      <Statement detail={isUnconfirmed ? words.unconfirmedDetail : words.closingDetail[view.side]}>
        {isUnconfirmed ? words.unconfirmed : words.closing[view.side]}
      </Statement>
      <MoneyPath steps={steps} summary={words.title} />
      <Notice
        icon="clock"
        detail={isUnconfirmed ? words.unconfirmedWait : words.waitDetail}
        testID="older-state.wait"
      >
        {words.wait}
      </Notice>
      {isUnconfirmed ? null : <Notice icon="eye">{words.balance}</Notice>}
      {support === null ? null : (
        <Notice icon="help" detail={supportNever} testID="older-state.ask">
          {`${words.ask}\n${supportContact(support)}`}
        </Notice>
      )}
    </Page>
  );
}

type PathInput = {
  readonly view: OlderStateView;
  readonly now: number;
  readonly words: SettingsWords["olderState"];
  readonly money: MoneyWords;
  readonly hideAmounts: boolean;
};

/** The places that the balance of the closed channel passes, in order of time. */
function olderStatePath({ view, now, words, money, hideAmounts }: PathInput): readonly Step[] {
  const { stage, side, at, untilAt, amountSat } = view;
  const { path, units, tight } = money;
  const until = untilAt === null ? "" : deadline(untilAt, now, money.days);
  const isLate = untilAt !== null && untilAt <= now;
  const live = {
    state: isLate ? ("late" as const) : ("moving" as const),
    time: isLate ? units.late : untilAt === null ? units.now : countdown(untilAt - now, tight, ""),
  };
  const next = { state: "next" as const, time: "" };
  const done = { state: "done" as const };
  if (stage === "unconfirmed")
    return [
      {
        key: "backup",
        ...done,
        time: clock(at),
        place: words.backup,
        detail: words.restored,
      },
      { key: "us", ...live, place: path.us, detail: words.confirms },
      { key: "phone", ...next, place: path.thisPhone, detail: words.usable },
    ];
  const closer = side === "own" ? path.us : path.thisPhone;
  const chainDetail =
    stage === "asked"
      ? words.chainNext
      : isLate
        ? words.chainLate
        : stage === "confirming"
          ? words.confirming(until)
          : amountSat === null || hideAmounts
            ? words.sweepingHidden(until)
            : words.sweeping(satsFigure(BigInt(amountSat) * 1_000n), until);
  return [
    {
      key: "older",
      ...done,
      time: clock(at),
      place: words.olderCopy,
      detail: words.found[side],
    },
    {
      key: "closer",
      ...(stage === "asked" ? live : { ...done, time: "" }),
      place: closer,
      detail:
        stage !== "asked" ? words.closed : isLate ? words.closesLate[side] : words.closes(until),
    },
    {
      key: "chain",
      ...(stage === "asked" ? next : live),
      place: words.chain,
      detail: chainDetail,
    },
    { key: "phone", ...next, place: words.wallet, detail: words.arrives },
  ];
}
