import { View } from "react-native";
import { Page } from "../../design/page.tsx";
import { Rule } from "../../design/row.tsx";
import { SettingsRow } from "../../design/settings-row.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { kesFigure } from "../../money/format.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { useSession } from "../../session/use-session.ts";
import { changeSettings, useSettings } from "../../settings/settings.ts";
import { Notice } from "../parts/notice.tsx";

type ChoiceProps<Value extends string | number> = {
  readonly name: string;
  readonly title: string;
  readonly about?: string;
  readonly values: readonly { readonly value: Value; readonly label: string }[];
  readonly chosen: Value;
  readonly onChoose: (value: Value) => void;
};

function Choice<Value extends string | number>(props: ChoiceProps<Value>) {
  const { shell } = useWords();
  const navigation = useNavigation();
  return (
    <Page
      testID={props.name}
      title={props.title}
      left={{
        icon: "back",
        label: shell.back,
        onPress: navigation.back,
        testID: `${props.name}.back`,
      }}
    >
      {props.about === undefined ? null : <Notice>{props.about}</Notice>}
      <View role="radiogroup" aria-label={props.title}>
        {props.values.map(({ value, label }) => (
          <SettingsRow
            key={String(value)}
            label={label}
            chosen={value === props.chosen}
            onPress={() => {
              props.onChoose(value);
            }}
            testID={`${props.name}.${String(value)}`}
          />
        ))}
        <Rule />
      </View>
    </Page>
  );
}

const lockTimesMs = [0, 60_000, 300_000, 900_000, 3_600_000] as const;

/** Chooses after how long out of sight the wallet locks. A longer time asks for the PIN. */
export function AutoLockScreen() {
  const { menu } = useSettingsWords();
  const { lock: words } = useSettingsWords();
  const { lockAfterMs } = useSettings();
  const { askPin } = useSession();
  const choose = async (value: number) => {
    if (value > lockAfterMs && !(await askPin({ title: words.pinTitle, detail: words.pinDetail })))
      return;
    changeSettings({ lockAfterMs: value });
  };
  return (
    <Choice
      name="auto-lock"
      title={menu.lockAfter}
      about={words.about}
      values={lockTimesMs.map((value) => ({ value, label: menu.lockAfterNames[value] }))}
      chosen={lockAfterMs}
      onChoose={(value) => {
        void choose(value);
      }}
    />
  );
}

const limitsKesCents = ["0", "100000", "500000", "1000000", "5000000"] as const;

/** Chooses the amount above which the PIN is asked for. A higher amount asks for the PIN now. */
export function SpendingLimitScreen() {
  const { menu } = useSettingsWords();
  const { lock: lockWords, limit: words } = useSettingsWords();
  const { askPinAboveKesCents } = useSettings();
  const { askPin } = useSession();
  const choose = async (value: string) => {
    const isWeaker = BigInt(value) > BigInt(askPinAboveKesCents);
    if (isWeaker && !(await askPin({ title: lockWords.pinTitle, detail: lockWords.pinDetail })))
      return;
    changeSettings({ askPinAboveKesCents: value });
  };
  return (
    <Choice
      name="pin-limit"
      title={menu.pinAbove}
      about={words.about}
      values={limitsKesCents.map((value) => ({
        value,
        label: value === "0" ? menu.pinAboveAlways : menu.pinAboveKes(kesFigure(BigInt(value))),
      }))}
      chosen={askPinAboveKesCents}
      onChoose={(value) => {
        void choose(value);
      }}
    />
  );
}

const themes = ["system", "light", "dark"] as const;

export function ThemeScreen() {
  const { menu } = useSettingsWords();
  const { theme } = useSettings();
  return (
    <Choice
      name="theme"
      title={menu.theme}
      values={themes.map((value) => ({ value, label: menu.themeNames[value] }))}
      chosen={theme}
      onChoose={(value) => {
        changeSettings({ theme: value });
      }}
    />
  );
}
