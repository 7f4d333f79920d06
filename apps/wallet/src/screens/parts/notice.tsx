import type { ReactNode } from "react";
import { StyleSheet, View } from "react-native";
import { Icon, type IconName } from "../../design/icon.tsx";
import { Pressable } from "../../design/pressable.tsx";
import { Rule } from "../../design/row.tsx";
import { useTheme } from "../../design/theme.tsx";
import { size } from "../../design/tokens.ts";
import { InMargin, Type } from "../../design/type.tsx";

type NoticeProps = {
  readonly icon?: IconName;
  /** Shown in the margin instead of an icon: the time left. */
  readonly left?: string;
  readonly children: string;
  readonly detail?: string | undefined;
  /** The action that the notice offers. */
  readonly action?: {
    readonly label: string;
    readonly onPress: () => void;
    readonly testID: string;
  };
  readonly testID?: string;
};

/** A notice on a page, with an optional action. */
export function Notice({ icon, left, children, detail, action, testID }: NoticeProps) {
  const { grid } = useTheme();
  return (
    <View testID={testID} aria-live="polite">
      <Rule />
      <View style={[styles.row, { paddingRight: grid.edge }]}>
        {left === undefined ? (
          <View style={{ width: grid.writing, paddingLeft: grid.gutterIcon }}>
            {icon === undefined ? null : <Icon name={icon} />}
          </View>
        ) : (
          <View style={{ width: grid.writing, paddingLeft: grid.gutterText }}>
            <InMargin.Provider value>
              <Type as="countdown">{left}</Type>
            </InMargin.Provider>
          </View>
        )}
        <View style={styles.words}>
          <Type as="second">{children}</Type>
          {detail === undefined ? null : (
            <Type as="second" color="ink2">
              {detail}
            </Type>
          )}
          {action === undefined ? null : (
            <Pressable
              onPress={action.onPress}
              accessibilityRole="button"
              style={styles.action}
              testID={action.testID}
            >
              <Type as="bodyStrong" style={styles.underlined}>
                {action.label}
              </Type>
            </Pressable>
          )}
        </View>
      </View>
    </View>
  );
}

/** An introduction in a sentence or two, above other content. */
export function Lead({ children }: { readonly children: string }) {
  const { grid } = useTheme();
  return (
    <View
      style={[styles.statement, { paddingLeft: grid.writing, paddingRight: grid.edge }]}
      aria-live="polite"
    >
      <Type as="body">{children}</Type>
    </View>
  );
}

/** The main statement of a page, each sentence on a line of its own, with an explanation below. */
export function Statement({
  children,
  detail,
  extra,
}: {
  readonly children: string;
  readonly detail?: string | undefined;
  readonly extra?: ReactNode;
}) {
  const { grid } = useTheme();
  return (
    <View
      style={[styles.statement, { paddingLeft: grid.writing, paddingRight: grid.edge }]}
      aria-live="polite"
    >
      <View role="heading" aria-level={2}>
        {children.split(/(?<=\.) /u).map((sentence) => (
          <Type key={sentence} as="statement">
            {sentence}
          </Type>
        ))}
      </View>
      {detail === undefined ? null : (
        <Type as="body" style={styles.detail}>
          {detail}
        </Type>
      )}
      {extra}
    </View>
  );
}

const styles = StyleSheet.create({
  row: { flexDirection: "row", paddingVertical: 12 },
  words: { flex: 1, minWidth: 0 },
  action: { minHeight: size.tapMin, justifyContent: "center" },
  underlined: { textDecorationLine: "underline" },
  statement: { paddingTop: 4, paddingBottom: 16 },
  detail: { marginTop: 8 },
});
