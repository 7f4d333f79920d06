import { useState } from "react";
import type { ReactNode } from "react";
import { Facts } from "../../design/fees.tsx";
import { Page } from "../../design/page.tsx";
import { Note, Button } from "../../design/button.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { checkOperator, parseServerUrl } from "../../session/check-operator.ts";
import type { FoundOperator, OperatorCode } from "../../session/check-operator.ts";
import { Field } from "../parts/field.tsx";
import { Notice, Statement } from "../parts/notice.tsx";

type ServerFormProps = {
  /** URL of the current operator. */
  readonly current: string;
  /** URL of the operator that this app came with. */
  readonly defaultServer: string;
  readonly onBack: () => void;
  /** Why the operator cannot be changed now; null when it can. */
  readonly refused: { readonly words: string; readonly action?: ReactNode } | null;
  /** The button that accepts the operator found. */
  readonly accept: (found: FoundOperator) => ReactNode;
  /** Text about the operator found. */
  readonly foundNote?: string;
};

/** Shows the current operator, and checks another one before it is accepted. */
export function ServerForm(props: ServerFormProps) {
  const { shell } = useWords();
  const { menu } = useSettingsWords();
  const { server: words } = useSettingsWords();
  const [typed, setTyped] = useState("");
  const [found, setFound] = useState<FoundOperator | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const sentences: Readonly<Record<OperatorCode, string>> = {
    server_malformed: words.malformed,
    server_insecure: words.insecure,
    server_blocked: words.blocked,
    server_silent: words.silent,
    server_not_ours: words.notOurs,
    server_without_node: words.noNode,
  };
  const check = async (text: string) => {
    const read = parseServerUrl(text);
    if (read.ok && read.value === props.current) {
      setProblem(words.same);
      return;
    }
    setBusy(true);
    setProblem(null);
    const answer = await checkOperator(text);
    setBusy(false);
    if (answer.ok) setFound(answer.value);
    else setProblem(sentences[answer.error.code]);
  };
  const { refused } = props;
  const isOwn = props.current === props.defaultServer;
  return (
    <Page
      testID={found === null ? "server" : "server.found"}
      title={menu.serverRow}
      left={{
        icon: "back",
        label: shell.back,
        onPress: () => {
          if (found === null) props.onBack();
          else setFound(null);
        },
        testID: "server.back",
      }}
      footColor={refused === null && found !== null ? "now" : "button"}
      foot={
        refused !== null ? (
          <>
            <Note>{refused.words}</Note>
            {refused.action}
          </>
        ) : found !== null ? (
          props.accept(found)
        ) : (
          <>
            {problem === null ? null : <Note color="stop">{problem}</Note>}
            {isOwn ? null : (
              <Button
                icon="back"
                label={words.backToOwn}
                kind="plain"
                off={busy}
                onPress={() => {
                  void check(props.defaultServer);
                }}
                testID="server.own"
              />
            )}
            <Button
              icon="more"
              label={busy ? words.checking : words.check}
              busy={busy}
              off={typed.trim() === ""}
              onPress={() => {
                void check(typed);
              }}
              testID="server.check"
            />
          </>
        )
      }
    >
      {found === null ? (
        <>
          <Facts
            facts={[{ label: isOwn ? words.nowUsual : words.nowOther, value: props.current }]}
          />
          {refused === null ? (
            <Field
              label={words.field}
              hint={words.hint}
              value={typed}
              onChange={(next) => {
                setProblem(null);
                setTyped(next);
              }}
              maxLength={200}
              testID="server.field"
            />
          ) : null}
          <Notice>{words.about}</Notice>
        </>
      ) : (
        <>
          <Statement {...(props.foundNote === undefined ? {} : { detail: props.foundNote })}>
            {words.found}
          </Statement>
          <Facts
            facts={[
              { label: menu.serverRow, value: found.server },
              { label: words.network, value: found.network },
              { label: words.node, value: found.nodeId },
            ]}
          />
        </>
      )}
    </Page>
  );
}
