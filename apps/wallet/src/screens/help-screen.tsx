import type { Info } from "@satsconnect/contracts";
import { useState } from "react";
import { Linking, View } from "react-native";
import { Page } from "../design/page.tsx";
import { Rule } from "../design/row.tsx";
import { SettingsRow } from "../design/settings-row.tsx";
import { Note, ButtonGrid } from "../design/button.tsx";
import { useTheme } from "../design/theme.tsx";
import { Type } from "../design/type.tsx";
import { useSettingsWords } from "../i18n/settings-words.ts";
import { useWords } from "../i18n/words.ts";
import { formatPhone } from "../money/phone-number.ts";
import { useInfo } from "../money/use-info.ts";
import { useNavigation } from "../navigation/navigation.ts";

/** The ten most common worries, each with an answer that opens on press. */
export function HelpScreen() {
  const { shell } = useWords();
  const words = useSettingsWords();
  const { grid } = useTheme();
  const navigation = useNavigation();
  const [open, setOpen] = useState<number | null>(null);
  const support = useInfo()?.support ?? null;
  return (
    <Page
      testID="help"
      title={words.helpTitle}
      left={{ icon: "back", label: shell.back, onPress: navigation.back, testID: "help.back" }}
      footColor="button"
      foot={support === null ? null : <Support support={support} />}
    >
      {words.fears.map(([fear = "", answer = ""], index) => (
        <View key={fear}>
          <SettingsRow
            number={index + 1}
            label={fear}
            expanded={open === index}
            onPress={() => {
              setOpen(open === index ? null : index);
            }}
            testID={`help.${String(index + 1)}`}
          />
          {open === index ? (
            <View
              style={{ paddingLeft: grid.writing, paddingRight: grid.edge, paddingBottom: 16 }}
              aria-live="polite"
            >
              <Type as="body">{answer}</Type>
            </View>
          ) : null}
        </View>
      ))}
      <Rule />
    </Page>
  );
}

type SupportProps = { readonly support: NonNullable<Info["support"]> };

/** The operator's support contact, with a warning about what support never asks for. */
function Support({ support }: SupportProps) {
  const words = useSettingsWords();
  return (
    <>
      <Note>{`${supportContact(support)}\n${words.supportNever}`}</Note>
      <SupportButtons support={support} />
    </>
  );
}

/** The operator's phone number and email address, each on a line of its own. */
export function supportContact({ phone, email }: SupportProps["support"]): string {
  const number = phone === null ? null : (formatPhone(phone) ?? phone);
  return [number, email].filter((line) => line !== null).join("\n");
}

/** Buttons that call the operator's support and write to it. */
export function SupportButtons({ support: { phone: number, email } }: SupportProps) {
  const words = useSettingsWords();
  const open = (address: string) => {
    void Linking.openURL(address).catch(() => undefined);
  };
  const ways = [
    ...(number === null
      ? []
      : [
          {
            icon: "phone",
            label: words.supportCall,
            onPress: () => {
              open(`tel:${number}`);
            },
            testID: "help.call",
          } as const,
        ]),
    ...(email === null
      ? []
      : [
          {
            icon: "help",
            label: words.supportWrite,
            onPress: () => {
              open(`mailto:${email}`);
            },
            testID: "help.write",
          } as const,
        ]),
  ];
  return <ButtonGrid actions={ways} />;
}
