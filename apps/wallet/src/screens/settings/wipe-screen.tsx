import { Page } from "../../design/page.tsx";
import { Note, Button } from "../../design/button.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { useNavigation } from "../../navigation/navigation.ts";
import { useWalletPreferences, useSession } from "../../session/use-session.ts";
import { changeSettings, useSettings } from "../../settings/settings.ts";
import { Statement } from "../parts/notice.tsx";

/** Chooses whether ten wrong PINs delete every wallet on this device. */
export function WipeScreen() {
  const { shell } = useWords();
  const { menu } = useSettingsWords();
  const { wipe: words, lock } = useSettingsWords();
  const navigation = useNavigation();
  const { wipeAfterTen } = useSettings();
  const { askPin } = useSession();
  const { wordsChecked } = useWalletPreferences();
  const change = async () => {
    if (await askPin({ title: lock.pinTitle, detail: words.pinDetail }))
      changeSettings({ wipeAfterTen: !wipeAfterTen });
  };
  return (
    <Page
      testID="wipe"
      title={menu.wipe}
      left={{ icon: "back", label: shell.back, onPress: navigation.back, testID: "wipe.back" }}
      footColor="button"
      foot={
        <>
          {wordsChecked || wipeAfterTen ? null : <Note color="stop">{words.wordsFirst}</Note>}
          <Button
            icon="erase"
            label={wipeAfterTen ? words.turnOff : words.turnOn}
            onPress={() => {
              void change();
            }}
            testID="wipe.change"
          />
        </>
      }
    >
      <Statement detail={words.about}>{wipeAfterTen ? menu.on : menu.off}</Statement>
    </Page>
  );
}
