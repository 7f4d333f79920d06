import { useState } from "react";
import { Button, Note } from "../../design/button.tsx";
import { Page } from "../../design/page.tsx";
import { useMoney } from "../../money/use-money.ts";
import { Field } from "./field.tsx";
import { Statement } from "./notice.tsx";

type CodePageProps = {
  /** As it is shown. */
  readonly phone: string;
  readonly busy: boolean;
  readonly problem: string | null;
  readonly onBack: () => void;
  readonly onCode: (code: string) => void;
};

/** The length of the code, which is the end of the account reference of a prompt. */
const codeLength = 4;

/** Asks for the code of an earlier M-Pesa request, which proves that the holder has the phone. */
export function CodePage({ phone, busy, problem, onBack, onCode }: CodePageProps) {
  const { words } = useMoney();
  const [text, setText] = useState("");
  const code = text.replaceAll(/[^0-9A-Za-z]/gu, "").toUpperCase();
  const complete = code.length === codeLength;
  const submit = () => {
    if (complete) onCode(code);
  };
  return (
    <Page
      testID="buy.code"
      title={words.buy.title}
      left={{ icon: "back", label: words.back, onPress: onBack, testID: "buy.code.back" }}
      footColor={complete ? "now" : "margin"}
      foot={
        <>
          {problem === null ? null : <Note>{problem}</Note>}
          <Button
            icon="more"
            label={words.buy.codeUse}
            kind="go"
            off={!complete}
            busy={busy}
            onPress={submit}
            testID="buy.code.continue"
          />
        </>
      }
    >
      <Statement detail={words.buy.codeDetail(phone)}>{words.buy.codeTitle}</Statement>
      <Field
        label={words.buy.codeLabel}
        value={text}
        onChange={setText}
        maxLength={12}
        onSubmit={submit}
        autoFocus
        testID="buy.code.field"
      />
    </Page>
  );
}
