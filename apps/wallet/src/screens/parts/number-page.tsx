import { maxPhoneTextLength } from "@satsconnect/contracts/msisdn";
import { cleanPasted } from "@satsconnect/money";
import { useState } from "react";
import { Page } from "../../design/page.tsx";
import { Section, SettingsRow } from "../../design/settings-row.tsx";
import { Note, Button } from "../../design/button.tsx";
import { formatPhone, parseMsisdn } from "../../money/phone-number.ts";
import { useMoney } from "../../money/use-money.ts";
import { Field } from "./field.tsx";
import { Statement } from "./notice.tsx";

type NumberPageProps = {
  readonly title: string;
  readonly question: string;
  readonly detail: string;
  readonly initial: string | null;
  readonly onBack: () => void;
  readonly onNumber: (msisdn: string) => void;
  /** Numbers used before, each usable with one press. */
  readonly known?: readonly { readonly msisdn: string; readonly name: string | null }[];
  readonly busy?: boolean;
  /** Why the last number was not accepted. */
  readonly problem?: string | null;
  readonly name: string;
};

/** More would hide the field on a small phone while its keyboard is open. */
const maxKnown = 4;

/** Asks for an M-Pesa number. Calls `onNumber` only with a valid MSISDN. */
export function NumberPage(props: NumberPageProps) {
  const { words } = useMoney();
  const [text, setText] = useState(() =>
    props.initial === null ? "" : (formatPhone(props.initial) ?? props.initial),
  );
  const [tried, setTried] = useState(false);
  const number = parseMsisdn(text);
  const known = props.busy === true ? [] : (props.known ?? []).slice(0, maxKnown);
  const wrong = tried && number === null;
  const submit = () => {
    setTried(true);
    if (number !== null) props.onNumber(number);
  };
  return (
    <Page
      testID={`${props.name}.number`}
      title={props.title}
      left={{
        icon: "back",
        label: words.back,
        onPress: props.onBack,
        testID: `${props.name}.number.back`,
      }}
      footColor={number === null ? "margin" : "now"}
      foot={
        <>
          {wrong ? <Note color="stop">{words.amount.numberWrong}</Note> : null}
          {!wrong && props.problem !== undefined && props.problem !== null ? (
            <Note>{props.problem}</Note>
          ) : null}
          <Button
            icon="more"
            label={words.amount.numberUse}
            kind="go"
            off={number === null}
            busy={props.busy === true}
            onPress={submit}
            testID={`${props.name}.number.continue`}
          />
        </>
      }
    >
      <Statement detail={props.detail}>{props.question}</Statement>
      <Field
        label={words.amount.number}
        hint={words.amount.numberHint}
        value={text}
        onChange={(next) => {
          setText(next);
          // what was pasted is judged at once, what is typed once it is as long as a number
          const isPasted = next.length - text.length > 1;
          setTried(isPasted || cleanPasted(next).replaceAll(/\D/gu, "").length >= 10);
        }}
        keyboard="phone"
        maxLength={maxPhoneTextLength}
        onSubmit={submit}
        autoFocus
        testID={`${props.name}.number.field`}
      />
      {known.length === 0 ? null : <Section>{words.amount.numbersKnown}</Section>}
      {known.map(({ msisdn, name }) => {
        const written = formatPhone(msisdn) ?? msisdn;
        return (
          <SettingsRow
            key={msisdn}
            icon="phone"
            label={name ?? written}
            {...(name === null ? {} : { detail: written })}
            onPress={() => {
              setText(written);
              props.onNumber(msisdn);
            }}
            testID={`${props.name}.number.known.${msisdn}`}
          />
        );
      })}
    </Page>
  );
}
