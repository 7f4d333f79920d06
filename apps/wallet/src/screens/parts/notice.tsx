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
  /** In the margin instead of an icon: how long is left. */
  readonly left?: string;
  readonly children: string;
  readonly detail?: string | undefined;
  /** What can be done about it, as the row's own action. */
  readonly action?: {
    readonly label: string;
    readonly onPress: () => void;
    readonly testID: string;
  };
  readonly testID?: string;
};

/** Something about this page that one should know: calm, in the page's own writing, with its one action. */
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

/** What a page is about, in a sentence or two, where something else follows. */
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

/** A sentence where a page has nothing else: a statement, each sentence on a line of its own, and what it means. */
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
