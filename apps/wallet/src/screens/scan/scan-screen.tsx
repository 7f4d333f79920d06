import { useCallback, useState } from "react";
import { StyleSheet, View } from "react-native";
import { Page } from "../../design/page.tsx";
import { Note, ButtonGrid } from "../../design/button.tsx";
import { useTheme } from "../../design/theme.tsx";
import { useMoney } from "../../money/use-money.ts";
import { Notice, Statement } from "../parts/notice.tsx";
import { pasteText } from "../parts/share";
import { Camera } from "./camera";
import type { CameraState } from "./camera";
import { canPickPicture, pickPicture } from "./pick-picture";

/** Reads a code with the camera, from a picture or from the clipboard, and passes it to the send or leave page. */
export function ScanScreen({ forPage = "send" }: { readonly forPage?: "send" | "leave" }) {
  const { words, navigation } = useMoney();
  const { color, grid } = useTheme();
  const [state, setState] = useState<CameraState>("asking");
  const [message, setMessage] = useState<string | null>(null);
  const found = useCallback(
    (text: string) => {
      navigation.replace(
        forPage === "leave" ? { name: "leave", address: text } : { name: "send", text },
      );
    },
    [navigation, forPage],
  );
  const pick = async () => {
    const picked = await pickPicture();
    if (picked.kind === "text") found(picked.text);
    else setMessage(picked.kind === "none" ? words.scan.noCode : null);
  };
  const paste = async () => {
    const text = await pasteText();
    if (text === null) setMessage(words.scan.pasteRefused);
    else if (text.trim() === "") setMessage(words.scan.nothingToPaste);
    else found(text);
  };
  const blocked = state === "refused" || state === "none" || state === "failed";
  return (
    <Page
      testID="scan"
      title={words.scan.title}
      left={{ icon: "back", label: words.back, onPress: navigation.back, testID: "scan.back" }}
      footColor="button"
      foot={
        <>
          {message === null ? null : <Note>{message}</Note>}
          <ButtonGrid
            actions={[
              ...(canPickPicture
                ? [
                    {
                      icon: "eye" as const,
                      label: words.scan.picture,
                      onPress: () => {
                        void pick();
                      },
                      testID: "scan.picture",
                    },
                  ]
                : []),
              {
                icon: "copy" as const,
                label: words.scan.paste,
                onPress: () => {
                  void paste();
                },
                testID: "scan.paste",
              },
            ]}
          />
        </>
      }
    >
      {blocked ? (
        <Statement
          detail={
            state === "refused"
              ? words.scan.refusedDetail
              : state === "none"
                ? words.scan.noneDetail
                : undefined
          }
        >
          {state === "refused"
            ? words.scan.refused
            : state === "none"
              ? words.scan.none
              : words.scan.failed}
        </Statement>
      ) : (
        <Notice icon="scan">{state === "asking" ? words.scan.asking : words.scan.aim}</Notice>
      )}
      {blocked ? null : (
        <View
          style={[
            styles.frame,
            { marginLeft: grid.margin + 1, borderColor: color.ink, backgroundColor: color.button },
          ]}
          testID={`scan.camera.${state}`}
        >
          <Camera onText={found} onState={setState} label={words.scan.aim} />
        </View>
      )}
    </Page>
  );
}

const styles = StyleSheet.create({
  frame: { flex: 1, minHeight: 220, borderTopWidth: 2, overflow: "hidden" },
});
