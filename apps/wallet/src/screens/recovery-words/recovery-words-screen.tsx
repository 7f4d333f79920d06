import { useState } from "react";
import { View } from "react-native";
import { Page } from "../../design/page.tsx";
import { Row, Rule } from "../../design/row.tsx";
import { Note, Button } from "../../design/button.tsx";
import { Type } from "../../design/type.tsx";
import { useSettingsWords } from "../../i18n/settings-words.ts";
import { useWords } from "../../i18n/words.ts";
import { useBlockScreenshots } from "../../platform/block-screenshots";
import { useNavigation } from "../../navigation/navigation.ts";
import { useKeepUnlocked } from "../../session/keep-unlocked.ts";
import { useSession } from "../../session/use-session.ts";
import type { Unlocked } from "../../vault/vault.ts";
import { Lead, Notice, Statement } from "../parts/notice.tsx";
import { PinPrompt } from "../pin/lock-screen.tsx";
import { createQuiz } from "./quiz.ts";

type Stage =
  | { readonly name: "pin" }
  | { readonly name: "words"; readonly words: readonly string[]; readonly hasPassphrase: boolean }
  | {
      readonly name: "quiz";
      readonly words: readonly string[];
      readonly hasPassphrase: boolean;
      readonly question: number;
      readonly wrong: boolean;
    }
  | { readonly name: "done" };

/** Shows the recovery words after the PIN, then asks three questions that need the paper. */
export function RecoveryWordsScreen({ onWiped }: { readonly onWiped: () => void }) {
  useBlockScreenshots();
  // writing down twelve words takes longer than the shortest lock time
  useKeepUnlocked();
  const { shell } = useWords();
  const { done, menu, recoveryWords } = useSettingsWords();
  const navigation = useNavigation();
  const session = useSession();
  const [stage, setStage] = useState<Stage>({ name: "pin" });
  const [questions] = useState(createQuiz);
  const left = {
    icon: "back" as const,
    label: shell.back,
    onPress: navigation.back,
    testID: "words.back",
  };
  switch (stage.name) {
    case "pin":
      return (
        <PinPrompt
          name="words-pin"
          title={shell.lockTitle}
          detail={shell.lockDetail}
          onBack={navigation.back}
          onWiped={onWiped}
          onUnlocked={({ secret }: Unlocked) => {
            setStage({
              name: "words",
              words: secret.mnemonic.split(" "),
              hasPassphrase: secret.passphrase !== "",
            });
          }}
        />
      );
    case "words":
      return (
        <Page
          testID="words"
          title={recoveryWords.title}
          left={left}
          footColor="now"
          foot={
            <Button
              icon="more"
              label={recoveryWords.written}
              kind="go"
              onPress={() => {
                setStage({ ...stage, name: "quiz", question: 0, wrong: false });
              }}
              testID="words.written"
            />
          }
        >
          <Lead>{recoveryWords.detail}</Lead>
          {stage.words.map((word, index) => (
            <View key={`${String(index)} ${word}`}>
              <Rule />
              <Row
                style={{ minHeight: 37 }}
                align="center"
                margin={
                  <Type as="second" color="ink2">
                    {String(index + 1)}
                  </Type>
                }
              >
                <Type as="title" testID={`words.${String(index + 1)}`}>
                  {word}
                </Type>
              </Row>
            </View>
          ))}
          {stage.hasPassphrase ? <Notice icon="words">{recoveryWords.passphrase}</Notice> : null}
        </Page>
      );
    case "quiz": {
      const question = questions[stage.question];
      if (question === undefined) return null;
      const right = stage.words[question.index];
      const choices = question.choices(stage.words);
      const choose = (word: string) => {
        if (word !== right) {
          setStage({ ...stage, wrong: true });
          return;
        }
        if (stage.question + 1 < questions.length) {
          setStage({ ...stage, question: stage.question + 1, wrong: false });
          return;
        }
        session.preferences.change({ wordsChecked: true });
        setStage({ name: "done" });
      };
      return (
        <Page
          testID="quiz"
          title={menu.wordsRow}
          left={left}
          foot={
            <>
              {stage.wrong ? <Note color="stop">{recoveryWords.quizWrong}</Note> : null}
              {choices.map((word) => (
                <Button
                  key={word}
                  icon="words"
                  label={word}
                  kind="plain"
                  onPress={() => {
                    choose(word);
                  }}
                  testID={`quiz.${word}`}
                />
              ))}
              <Button
                icon="eye"
                label={recoveryWords.quizSeeAgain}
                onPress={() => {
                  setStage({
                    name: "words",
                    words: stage.words,
                    hasPassphrase: stage.hasPassphrase,
                  });
                }}
                testID="quiz.again"
              />
            </>
          }
          footColor="button"
        >
          <Statement detail={recoveryWords.quizDetail}>
            {recoveryWords.quizTitle(question.index + 1)}
          </Statement>
        </Page>
      );
    }
    case "done":
      return (
        <Page
          testID="words-done"
          title={menu.wordsRow}
          footColor="button"
          foot={
            <Button
              icon="check"
              label={done}
              onPress={() => {
                navigation.reset({ name: "home" });
              }}
              testID="words.done"
            />
          }
        >
          <Statement>{recoveryWords.quizDone}</Statement>
        </Page>
      );
  }
}
