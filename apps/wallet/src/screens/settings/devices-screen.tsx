import type { DeviceView } from "@satsconnect/wallet/client";
import { useCallback, useEffect, useState } from "react";
import { Page } from "../../design/page.tsx";
import { SettingsRow } from "../../design/settings-row.tsx";
import { HoldToConfirmButton, Note, Button } from "../../design/button.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { dateAndTime } from "../../money/format.ts";
import { failureMessage } from "../../money/failure-messages.ts";
import { useNow } from "../../money/use-now.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { useSnapshot, useWallet } from "../../node/use-wallet.ts";
import { Notice, Statement } from "../parts/notice.tsx";

type List =
  | { readonly name: "asking" }
  | { readonly name: "offline" }
  | { readonly name: "failed"; readonly why: string }
  | { readonly name: "known"; readonly devices: readonly DeviceView[] };

/** The devices that are signed in at the operator for this wallet. A lost one can be signed out here. */
export function DevicesScreen() {
  const { shell, money } = useWords();
  const { devices: words } = useSettingsWords();
  const navigation = useNavigation();
  const wallet = useWallet();
  const { connection } = useSnapshot();
  const now = useNow(false);
  const [list, setList] = useState<List>({ name: "asking" });
  const [chosen, setChosen] = useState<DeviceView | null>(null);
  const [message, setMessage] = useState<string | null>(null);
  const ask = useCallback(async () => {
    setList({ name: "asking" });
    const answer = await wallet.call("devices", {});
    if (answer.ok) setList({ name: "known", devices: answer.value });
    else if (
      answer.error.code === "network_unreachable" ||
      answer.error.code === "answer_timed_out"
    )
      setList({ name: "offline" });
    else setList({ name: "failed", why: failureMessage(answer.error, money) });
  }, [wallet, money]);
  useEffect(() => {
    void ask();
  }, [ask]);
  if (chosen !== null)
    return (
      <Revoke
        device={chosen}
        onBack={() => {
          setChosen(null);
        }}
        onRevoked={(sentence) => {
          setChosen(null);
          setMessage(sentence);
          void ask();
        }}
      />
    );
  const time = (text: string) => dateAndTime(Date.parse(text), now, money.days);
  return (
    <Page
      testID="devices"
      title={words.title}
      left={{ icon: "back", label: shell.back, onPress: navigation.back, testID: "devices.back" }}
      {...(list.name === "failed" || list.name === "offline"
        ? {
            footColor: "button" as const,
            foot: (
              <Button
                icon="more"
                label={words.again}
                onPress={() => {
                  void ask();
                }}
                testID="devices.again"
              />
            ),
          }
        : {})}
    >
      {message === null ? null : (
        <Notice icon="check" testID="devices.said">
          {message}
        </Notice>
      )}
      {list.name === "asking" ? (
        <Statement>{connection.api === "offline" ? words.offline : words.asking}</Statement>
      ) : null}
      {list.name === "offline" ? <Statement>{words.offline}</Statement> : null}
      {list.name === "failed" ? <Statement detail={list.why}>{words.failed}</Statement> : null}
      {list.name !== "known" ? null : list.devices.length === 0 ? (
        <Statement detail={words.noneDetail}>{words.none}</Statement>
      ) : (
        <>
          <Notice>{words.about}</Notice>
          {list.devices.map((device) => (
            <SettingsRow
              key={device.id}
              icon="phone"
              label={device.name}
              detail={[
                ...(device.current ? [words.here] : []),
                words.since(time(device.createdAt)),
                words.seen(time(device.lastSeenAt)),
              ].join("\n")}
              {...(device.current ? { done: true } : {})}
              {...(device.current
                ? {}
                : {
                    onPress: () => {
                      setMessage(null);
                      setChosen(device);
                    },
                  })}
              testID={device.current ? "devices.here" : `devices.${device.id}`}
            />
          ))}
        </>
      )}
    </Page>
  );
}

type RevokeProps = {
  readonly device: DeviceView;
  readonly onBack: () => void;
  readonly onRevoked: (message: string) => void;
};

function Revoke({ device, onBack, onRevoked }: RevokeProps) {
  const { shell } = useWords();
  const { devices: words } = useSettingsWords();
  const wallet = useWallet();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const revoke = async () => {
    setBusy(true);
    const answer = await wallet.call("revokeDevice", { deviceId: device.id });
    setBusy(false);
    if (answer.ok) onRevoked(words.revoked(device.name));
    else setProblem(answer.error.retry === "unknown" ? words.revokeUnknown : words.revokeFailed);
  };
  return (
    <Page
      testID="devices.revoke"
      title={device.name}
      left={{ icon: "back", label: shell.back, onPress: onBack, testID: "devices.revoke.back" }}
      footColor="now"
      foot={
        <>
          {problem === null ? null : <Note color="stop">{problem}</Note>}
          <HoldToConfirmButton
            icon="phone"
            labels={{
              rest: words.revoke,
              holding: words.revokeHolding,
              confirm: words.revokeConfirm,
              tap: words.revokeTap,
            }}
            busy={busy}
            onConfirm={() => {
              void revoke();
            }}
            testID="devices.revoke.hold"
          />
        </>
      }
    >
      <Statement detail={words.revokeDetail}>{words.revokeTitle}</Statement>
    </Page>
  );
}
