import { useState } from "react";
import { View } from "react-native";
import { Page } from "../../design/page.tsx";
import { Rule } from "../../design/row.tsx";
import { SettingsRow } from "../../design/settings-row.tsx";
import { useTheme } from "../../design/theme.tsx";
import { Type } from "../../design/type.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { useNavigation } from "../../navigation/navigation.ts";

/** The ten commonest fears, each with its answer behind a press. */
export function HelpScreen() {
  const { shell } = useWords();
  const words = useSettingsWords();
  const { grid } = useTheme();
  const navigation = useNavigation();
  const [open, setOpen] = useState<number | null>(null);
  return (
    <Page
      testID="help"
      title={words.helpTitle}
      left={{ icon: "back", label: shell.back, onPress: navigation.back, testID: "help.back" }}
    >
      {words.fears.map(([fear = "", answer = ""], place) => (
        <View key={fear}>
          <SettingsRow
            number={place + 1}
            label={fear}
            expanded={open === place}
            onPress={() => {
              setOpen(open === place ? null : place);
            }}
            testID={`help.${String(place + 1)}`}
          />
          {open === place ? (
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
