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
  /** Above the header: the pindo of a receipt or of the lock. */
  readonly ornament?: ReactNode;
  readonly children: ReactNode;
  /** Keys and slabs: the lower half, for thumbs. The line stops above them. */
  readonly foot?: ReactNode;
  /** What the last slab is coloured, so that the system bar takes its colour. */
  readonly footColor?: "page" | "margin" | "button" | "now";
  readonly testID?: string;
};

/** A page of the book: the tinted margin, the one ink line, what is written beside it, and the slabs. */
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
  // Very large text needs the whole height for reading: what is pressed comes at the end of it.
  const footScrolls = textScale >= 1.6;
  // Beside a page that is narrower than the screen its edges are seen: the margin is a part of it, the desk is not.
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
            // A page without anything to press is read by keyboard too.
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
