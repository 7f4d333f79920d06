import type { ReactNode } from "react";
import { ScrollView, StyleSheet, useWindowDimensions, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { Icon, type IconName } from "./icon.tsx";
import { Pressable } from "./pressable.tsx";
import { size } from "./tokens.ts";
import { pageMaxWidth, useTheme } from "./theme.tsx";
import { Type } from "./type.tsx";

type HeaderButton = {
  readonly icon: IconName;
  readonly label: string;
  readonly onPress: () => void;
  readonly testID?: string;
};

type PageProps = {
  readonly title?: string;
  readonly left?: HeaderButton;
  readonly right?: HeaderButton;
  /** Above the header: the kanga border of a receipt or the lock screen. */
  readonly ornament?: ReactNode;
  readonly children: ReactNode;
  /** Keys and buttons, in the lower half for thumbs. The ink line ends above them. */
  readonly foot?: ReactNode;
  /** Colour of the last button, for the area behind the system bar. */
  readonly footColor?: "page" | "margin" | "button" | "now";
  readonly testID?: string;
};

/** A page: the tinted margin, the ink line, the content beside it, and the buttons. */
export function Page({
  title,
  left,
  right,
  ornament,
  children,
  foot,
  footColor = "page",
  testID,
}: PageProps) {
  const { color, grid, textScale } = useTheme();
  const insets = useSafeAreaInsets();
  // Very large text needs the whole height: the foot scrolls with the content.
  const footScrolls = textScale >= 1.6;
  // On a wider window the page's edges are visible: draw borders around it.
  const isFramed = useWindowDimensions().width > pageMaxWidth;
  return (
    <View style={[styles.backdrop, { backgroundColor: color.backdrop }]} testID={testID}>
      <View
        style={[
          styles.page,
          { backgroundColor: color.page, borderColor: color.hairline },
          isFramed ? styles.framed : null,
        ]}
        role="main"
      >
        <View style={styles.body}>
          <View
            style={[styles.margin, { width: grid.margin - 1, backgroundColor: color.margin }]}
          />
          <View style={[styles.line, { left: grid.margin - 1, backgroundColor: color.ink }]} />
          <View
            style={{
              height: insets.top,
              backgroundColor: ornament === undefined ? "transparent" : color.page,
            }}
          />
          {ornament}
          {title === undefined && left === undefined ? null : (
            <View style={styles.header}>
              <View style={{ width: grid.writing }}>
                {left === undefined ? null : <HeaderIcon {...left} inset={grid.gutterIcon} />}
              </View>
              {title === undefined ? (
                <View style={styles.title} />
              ) : (
                <Type
                  as="title"
                  role="heading"
                  aria-level={1}
                  numberOfLines={2}
                  style={styles.title}
                >
                  {title}
                </Type>
              )}
              {right === undefined ? (
                <View style={{ width: grid.edge }} />
              ) : (
                <HeaderIcon {...right} inset={16} />
              )}
            </View>
          )}
          <ScrollView
            style={styles.scroll}
            // Focusable, so that a page without controls can be scrolled by keyboard.
            tabIndex={0}
            contentContainerStyle={styles.content}
            keyboardShouldPersistTaps="handled"
            showsVerticalScrollIndicator={false}
          >
            {children}
            {footScrolls ? (
              <>
                <View style={styles.gap} />
                {foot}
              </>
            ) : null}
          </ScrollView>
        </View>
        {footScrolls ? null : foot}
        <View style={{ height: insets.bottom, backgroundColor: color[footColor] }} />
      </View>
    </View>
  );
}

function HeaderIcon({
  icon,
  label,
  onPress,
  inset,
  testID,
}: HeaderButton & { readonly inset: number }) {
  return (
    <Pressable
      onPress={onPress}
      accessibilityRole="button"
      accessibilityLabel={label}
      testID={testID}
      style={[styles.headerIcon, { paddingLeft: inset, paddingRight: inset }]}
    >
      <Icon name={icon} />
    </Pressable>
  );
}

const styles = StyleSheet.create({
  backdrop: { flex: 1, alignItems: "center" },
  page: { flex: 1, width: "100%", maxWidth: pageMaxWidth },
  framed: { maxWidth: pageMaxWidth + 2, borderLeftWidth: 1, borderRightWidth: 1 },
  body: { flex: 1, minHeight: 0 },
  margin: { position: "absolute", top: 0, bottom: 0, left: 0 },
  line: { position: "absolute", top: 0, bottom: 0, width: size.line },
  header: { minHeight: size.header, flexDirection: "row", alignItems: "center" },
  headerIcon: {
    minHeight: size.header,
    minWidth: size.header,
    justifyContent: "center",
    alignSelf: "flex-start",
  },
  title: { flex: 1, paddingVertical: 6 },
  scroll: { flex: 1 },
  gap: { flexGrow: 1 },
  content: { flexGrow: 1 },
});
