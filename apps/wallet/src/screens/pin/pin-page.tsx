import { useState } from "react";
import type { ReactNode } from "react";
import { View } from "react-native";
import { Keys, PinBoxes } from "../../design/keys.tsx";
import { Page } from "../../design/page.tsx";
import { useTheme } from "../../design/theme.tsx";
import { Type } from "../../design/type.tsx";
import { useWords } from "../../i18n/words.ts";
import { useBlockScreenshots } from "../../platform/block-screenshots";

type PinPageProps = {
  readonly title: string;
  readonly detail: string;
  /** Error message, shown until the next digit is typed. */
  readonly wrong?: string | null;
  readonly busy?: string | null;
  readonly off?: boolean;
  readonly ornament?: ReactNode;
  readonly onBack?: () => void;
  readonly onPin: (pin: string) => void;
  readonly below?: ReactNode;
  readonly name: string;
};

/** A page to enter a PIN. It passes the PIN on with the last digit and does not keep it. */
export function PinPage(props: PinPageProps) {
  useBlockScreenshots();
  const { shell } = useWords();
  const { grid } = useTheme();
  const [digits, setDigits] = useState("");
  const busy = props.busy ?? null;
  const waiting = busy !== null || props.off === true;
  return (
    <Page
      testID={props.name}
      ornament={props.ornament}
      {...(props.onBack === undefined
        ? {}
        : {
            left: {
              icon: "back" as const,
              label: shell.back,
              onPress: props.onBack,
              testID: `${props.name}.back`,
            },
          })}
      foot={
        <Keys
          eraseLabel={shell.erase}
          off={waiting}
          testID={`${props.name}.key`}
          onKey={(key) => {
            if (waiting || key === "extra") return;
            const next = key === "erase" ? digits.slice(0, -1) : (digits + key).slice(0, 6);
            if (next.length < 6) {
              setDigits(next);
              return;
            }
            setDigits("");
            props.onPin(next);
          }}
        />
      }
    >
      <View style={{ flex: 1, justifyContent: "flex-end", paddingBottom: 24 }}>
        <View style={{ paddingLeft: grid.writing, paddingRight: grid.edge, paddingBottom: 24 }}>
          <Type as="statement" role="heading" aria-level={1}>
            {props.title}
          </Type>
          <Type as="body" color="ink2" style={{ marginTop: 6 }}>
            {props.detail}
          </Type>
        </View>
        <PinBoxes
          filled={busy === null ? digits.length : 6}
          label={shell.pinBoxes(digits.length)}
        />
        <View
          style={{
            paddingLeft: grid.writing,
            paddingRight: grid.edge,
            paddingTop: 20,
            minHeight: 68,
          }}
          aria-live="polite"
          testID={`${props.name}.status`}
        >
          {busy !== null ? (
            <Type as="second">{busy}</Type>
          ) : digits === "" && props.wrong !== undefined && props.wrong !== null ? (
            <Type as="second" color="stop">
              {props.wrong}
            </Type>
          ) : (
            props.below
          )}
        </View>
      </View>
    </Page>
  );
}
