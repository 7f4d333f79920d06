import type { LeaveView } from "@satsconnect/wallet/client";
import { useCallback, useEffect, useState } from "react";
import { Facts } from "../../design/fees.tsx";
import { Page } from "../../design/page.tsx";
import { HoldToConfirmButton, Note, Button, ButtonGrid } from "../../design/button.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { kesCentsOf, kesFigure, satsFigure } from "../../money/format.ts";
import { failureMessage } from "../../money/failure-messages.ts";
import { rateOf } from "../../money/snapshot.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { useSnapshot, useWallet } from "../../node/use-wallet.ts";
import { useWalletPreferences, useSession } from "../../session/use-session.ts";
import { Field } from "../parts/field.tsx";
import { Notice, Statement } from "../parts/notice.tsx";
import { pasteText } from "../parts/share";
import { LeaveProgress } from "./leave-progress.tsx";

const pollMs = 3_000;
/** The wallet refuses longer texts, so cut what was pasted to this length. */
const maxTextLength = 10_001;

type Stage =
  | { readonly name: "explain" }
  | { readonly name: "address" }
  | { readonly name: "confirm"; readonly address: string }
  | { readonly name: "force"; readonly address: string }
  /** The backup does not answer: another phone may have a newer state. */
  | { readonly name: "risk"; readonly address: string }
  | { readonly name: "progress" };

/**
 * Closes all channels and sends everything to a Bitcoin address: an explanation, the address, a button to hold and the
 * PIN, then the progress, which is shown again whenever the page is opened.
 */
export function LeaveScreen({ text }: { readonly text?: string }) {
  const { shell, money } = useWords();
  const { leave: words } = useSettingsWords();
  const navigation = useNavigation();
  const wallet = useWallet();
  const { askPin } = useSession();
  const [view, setView] = useState<LeaveView | null | "loading">("loading");
  const [stage, setStage] = useState<Stage>(
    text === undefined ? { name: "explain" } : { name: "address" },
  );
  const [typed, setTyped] = useState(text ?? "");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const load = useCallback(async () => {
    const answer = await wallet.call("leave", {});
    if (answer.ok) setView(answer.value);
  }, [wallet]);
  useEffect(() => {
    void load();
    const timer = setInterval(() => {
      void load();
    }, pollMs);
    return () => {
      clearInterval(timer);
    };
  }, [load]);
  const hasStarted = view !== "loading" && view !== null && !view.done;
  useEffect(() => {
    if (hasStarted)
      setStage((now) =>
        now.name === "explain" || now.name === "address" ? { name: "progress" } : now,
      );
  }, [hasStarted]);

  const go = (next: Stage) => {
    setProblem(null);
    setStage(next);
  };
  const read = async (pasted: string) => {
    const answer = await wallet.call("decode", { text: pasted.slice(0, maxTextLength) });
    if (answer.ok && answer.value.address !== null) {
      go({ name: "confirm", address: answer.value.address });
      return;
    }
    const code = answer.ok ? "only_lightning" : answer.error.code;
    setProblem(
      code === "only_lightning"
        ? words.onlyLightning
        : code === "address_wrong_network"
          ? words.wrongNetwork
          : code === "seed_words"
            ? words.seedWords
            : words.unreadable,
    );
  };
  const close = async (
    address: string,
    how: { readonly force?: true; readonly withoutBackup?: true } = {},
  ) => {
    const force = how.force === true;
    if (!(await askPin({ title: words.pinTitle, detail: words.pinDetail }))) return;
    setBusy(true);
    setProblem(null);
    const answer = await wallet.call("closeChannels", { address, ...how });
    setBusy(false);
    await load();
    if (answer.ok) {
      setView(answer.value);
      go({ name: "progress" });
      return;
    }
    if (answer.error.code === "backup_unverified") {
      go({ name: "risk", address });
      return;
    }
    if (answer.error.retry === "unknown") {
      go({ name: "progress" });
      setProblem(words.unknown);
      return;
    }
    const isOffline = wallet.snapshot().connection.node !== "connected";
    setProblem(
      isOffline && !force
        ? words.offline
        : `${words.failed} ${failureMessage(answer.error, money)}`,
    );
  };

  const back = (to?: Stage) => ({
    icon: "back" as const,
    label: shell.back,
    onPress: () => {
      if (to === undefined) navigation.back();
      else go(to);
    },
    testID: "leave.back",
  });

  switch (stage.name) {
    case "explain":
      return (
        <Explain
          left={back()}
          isLoading={view === "loading"}
          onGoOn={() => {
            go({ name: "address" });
          }}
          {...(view !== "loading" && view !== null && view.done && view.sent.length > 0
            ? {
                onSeeLast: () => {
                  go({ name: "progress" });
                },
              }
            : {})}
        />
      );
    case "address":
      return (
        <Page
          testID="leave.address"
          title={words.title}
          left={back({ name: "explain" })}
          footColor={typed.trim() === "" ? "button" : "now"}
          foot={
            <>
              {problem === null ? null : <Note color="stop">{problem}</Note>}
              <ButtonGrid
                actions={[
                  {
                    icon: "scan",
                    label: words.scan,
                    onPress: () => {
                      navigation.replace({ name: "scan", forPage: "leave" });
                    },
                    testID: "leave.scan",
                  },
                  {
                    icon: "copy",
                    label: words.paste,
                    onPress: () => {
                      void pasteText().then((pasted) => {
                        if (pasted === null) setProblem(money.scan.pasteRefused);
                        else if (pasted.trim() === "") setProblem(money.scan.nothingToPaste);
                        else setTyped(pasted.trim());
                        return pasted;
                      });
                    },
                    testID: "leave.paste",
                  },
                ]}
              />
              {typed.trim() === "" ? null : (
                <Button
                  icon="more"
                  label={words.use}
                  kind="go"
                  onPress={() => {
                    void read(typed);
                  }}
                  testID="leave.use"
                />
              )}
            </>
          }
        >
          <Statement detail={words.addressDetail}>{words.addressTitle}</Statement>
          <Field
            label={words.field}
            value={typed}
            onChange={(next) => {
              setProblem(null);
              setTyped(next);
            }}
            lines={3}
            maxLength={200}
            testID="leave.field"
          />
        </Page>
      );
    case "confirm":
      return (
        <Confirm
          address={stage.address}
          left={back({ name: "address" })}
          problem={problem}
          busy={busy}
          onConfirm={() => {
            void close(stage.address);
          }}
          {...(problem === null
            ? {}
            : {
                onForce: () => {
                  go({ name: "force", address: stage.address });
                },
              })}
        />
      );
    case "force":
      return (
        <Page
          testID="leave.force"
          title={words.title}
          left={back(
            hasStarted ? { name: "progress" } : { name: "confirm", address: stage.address },
          )}
          footColor="now"
          foot={
            <>
              {problem === null ? null : <Note color="stop">{problem}</Note>}
              <HoldToConfirmButton
                key="force"
                icon="send"
                labels={{
                  rest: words.forceHold,
                  holding: words.holding,
                  confirm: words.forceConfirm,
                  tap: words.tap,
                }}
                busy={busy}
                onConfirm={() => {
                  void close(stage.address, { force: true });
                }}
                testID="leave.force.hold"
              />
            </>
          }
        >
          <Statement detail={words.forceDetail}>{words.forceTitle}</Statement>
          <Facts facts={[{ label: words.address, value: stage.address }]} />
        </Page>
      );
    case "risk":
      return (
        <Page
          testID="leave.risk"
          title={words.title}
          left={back({ name: "force", address: stage.address })}
          footColor="now"
          foot={
            <>
              {problem === null ? null : <Note color="stop">{problem}</Note>}
              <HoldToConfirmButton
                // its own: the press that confirmed the page before must not arm this one
                key="risk"
                icon="send"
                labels={{
                  rest: words.riskHold,
                  holding: words.holding,
                  confirm: words.riskConfirm,
                  tap: words.tap,
                }}
                busy={busy}
                onConfirm={() => {
                  void close(stage.address, { force: true, withoutBackup: true });
                }}
                testID="leave.risk.hold"
              />
            </>
          }
        >
          <Statement detail={words.riskDetail}>{words.riskTitle}</Statement>
          <Facts facts={[{ label: words.address, value: stage.address }]} />
        </Page>
      );
    case "progress":
      return view === "loading" || view === null ? (
        <Page testID="leave.asking" title={words.title} left={back()}>
          <Statement>{problem ?? words.asking}</Statement>
        </Page>
      ) : (
        <LeaveProgress
          view={view}
          problem={problem}
          busy={busy}
          onBack={navigation.back}
          onAskAgain={() => {
            void close(view.address);
          }}
          onForce={() => {
            go({ name: "force", address: view.address });
          }}
          onAgain={() => {
            setTyped("");
            go({ name: "explain" });
          }}
        />
      );
  }
}

type Left = { icon: "back"; label: string; onPress: () => void; testID: string };

type ExplainProps = {
  readonly left: Left;
  readonly isLoading: boolean;
  readonly onGoOn: () => void;
  /** Opens the progress of an earlier, finished leave. */
  readonly onSeeLast?: () => void;
};

function Explain({ left, isLoading, onGoOn, onSeeLast }: ExplainProps) {
  const { leave: words } = useSettingsWords();
  const snapshot = useSnapshot();
  const total = useTotalBalance();
  const obstacle =
    isLoading || snapshot.phase !== "ready"
      ? words.starting
      : // without the operator nothing that moves will arrive, and it must not keep anybody from leaving
        snapshot.moving.length > 0 && snapshot.connection.node === "connected"
        ? words.moving
        : total.msat === 0n
          ? words.nothing
          : null;
  return (
    <Page
      testID="leave"
      title={words.title}
      left={left}
      footColor={obstacle === null ? "button" : "margin"}
      foot={
        <>
          {obstacle === null ? null : <Note>{obstacle}</Note>}
          {onSeeLast === undefined ? null : (
            <Button
              icon="check"
              label={words.sent}
              kind="plain"
              onPress={onSeeLast}
              testID="leave.last"
            />
          )}
          <Button
            icon="more"
            label={words.goOn}
            off={obstacle !== null}
            onPress={onGoOn}
            testID="leave.continue"
          />
        </>
      }
    >
      <Statement detail={words.whatDetail}>{words.what}</Statement>
      <Facts
        facts={[
          ...(total.text === null ? [] : [{ label: words.money, value: total.text }]),
          { label: words.howLong, value: words.howLongValue },
          { label: words.cost, value: words.costValue },
          { label: words.after, value: words.afterValue },
        ]}
      />
    </Page>
  );
}

/** The whole balance. */
function useTotalBalance(): { readonly msat: bigint; readonly text: string | null } {
  const { money } = useWords();
  const snapshot = useSnapshot();
  const { hideAmounts } = useWalletPreferences();
  const rate = rateOf(snapshot);
  if (snapshot.balance === null) return { msat: 0n, text: null };
  const msat = BigInt(snapshot.balance.totalMsat);
  if (hideAmounts) return { msat, text: null };
  const sats = money.sats(satsFigure(msat));
  return {
    msat,
    text: rate === null ? sats : `${money.kes(kesFigure(kesCentsOf(msat, rate)))} · ${sats}`,
  };
}

type ConfirmProps = {
  readonly address: string;
  readonly left: Left;
  readonly problem: string | null;
  readonly busy: boolean;
  readonly onConfirm: () => void;
  readonly onForce?: () => void;
};

function Confirm({ address, left, problem, busy, onConfirm, onForce }: ConfirmProps) {
  const { leave: words } = useSettingsWords();
  const total = useTotalBalance();
  return (
    <Page
      testID="leave.confirm"
      title={words.title}
      left={left}
      footColor="now"
      foot={
        <>
          <Note {...(problem === null ? {} : { color: "stop" as const })}>
            {problem ?? words.confirmDetail}
          </Note>
          {onForce === undefined ? null : (
            <Button
              icon="lock"
              label={words.force}
              kind="plain"
              onPress={onForce}
              testID="leave.force"
            />
          )}
          <HoldToConfirmButton
            icon="send"
            labels={{
              rest: words.hold,
              holding: words.holding,
              confirm: words.confirm,
              tap: words.tap,
            }}
            busy={busy}
            onConfirm={onConfirm}
            testID="leave.hold"
          />
        </>
      }
    >
      <Statement>{words.confirmTitle}</Statement>
      <Facts
        facts={[
          { label: words.address, value: address },
          ...(total.text === null ? [] : [{ label: words.all, value: words.lessFees(total.text) }]),
          { label: words.howLong, value: words.howLongValue },
          { label: words.cost, value: words.costValue },
        ]}
      />
      <Notice icon="clock">{words.canClose}</Notice>
    </Page>
  );
}
